/** Shares one result among all calls within some milliseconds: for several gauges that come from one query. */
export const sharedFor = <Value>(milliseconds: number, read: () => Promise<Value>): (() => Promise<Value>) => {
  let last: { readonly at: number; readonly value: Promise<Value> } | undefined;
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.at > milliseconds) last = { at: now, value: read() };
    return last.value;
  };
};
