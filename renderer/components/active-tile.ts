/** Of what is drawn in a grid's tile: whether it is the active one, which the keyboard is at; undefined outside of a grid. */
import { createContext } from 'react';

export const InActiveTile = createContext<boolean | undefined>(undefined);
