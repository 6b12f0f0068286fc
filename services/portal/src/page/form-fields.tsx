import type { VNode } from 'preact';

/** What every form of a session carries: against forged forms, and against one that is sent twice. */
export const FormFields = ({
  csrfToken,
  requestId,
  values = {},
}: {
  readonly csrfToken: string;
  /** Absent: the form changes nothing. */
  readonly requestId?: string;
  readonly values?: Readonly<Record<string, string>>;
}): VNode => (
  <>
    <input type="hidden" name="csrf" value={csrfToken} />
    {requestId && <input type="hidden" name="request" value={requestId} />}
    {Object.entries(values).map(
      ([name, value]) => value && <input type="hidden" name={name} value={value} key={name} />,
    )}
  </>
);
