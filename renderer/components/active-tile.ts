/** For content of a grid's tile: whether its tile is active, that is, has the keyboard; undefined outside a grid. */
import { createContext } from 'react';

export const InActiveTile = createContext<boolean | undefined>(undefined);
