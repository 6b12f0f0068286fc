type Listener = (role: string) => void;

const listeners = new Set<Listener>();

/** Calls the listener for each lease that ends before it is given back, until the returned function is called. */
export const onLeaseLost = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const leaseLost: Listener = (role) => {
  for (const listener of listeners) listener(role);
};
