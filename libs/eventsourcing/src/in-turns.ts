const A_TURN = 8;

/**
 * Does something for each, a few in a turn of the event loop: what follows from the first leaves before it is the last
 * one's turn. All at once, those who asked together would go on together, and one process of the mesh would work while
 * the others wait for it.
 */
export const inTurns = async <Item>(
  items: readonly Item[],
  act: (item: Item, place: number) => void,
): Promise<void> => {
  for (const [place, item] of items.entries()) {
    if (place > 0 && place % A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    act(item, place);
  }
};
