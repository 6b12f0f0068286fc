/**
 * The answer about a person on whom the institution has no inscription that the policy asks for, whatever the reason: nobody has the number,
 * it was replaced or cancelled, or the person is not inscribed, or in another context. One text, so that it tells nothing of the person.
 */
export const personNotAvailable = {
  reason: 'PERSON_NOT_AVAILABLE',
  message:
    'the institution has no inscription on this number that allows this; check the number, and inscribe the person first',
} as const;
