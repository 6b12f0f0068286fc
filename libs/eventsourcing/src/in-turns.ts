/**
 * What goes on together costs a mesh some three milliseconds of processor time for each time around, however many they are;
 * the larger they are, the more often processes wait for one another. Of 8, 16 and 32, sixteen answers the most.
 */
const MAX_BATCH_SIZE = 16;

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
    if (place > 0 && place % MAX_BATCH_SIZE === 0) await new Promise((resolve) => setImmediate(resolve));
    act(item, place);
  }
};
