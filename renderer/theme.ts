/**
 * The component library's appearance: one typeface, quiet greys, the student's blue for actions. Colours come from styles.css.
 */
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const student: MantineColorsTuple = [
  '#edf3fd',
  '#d9e4f8',
  '#b0c7ee',
  '#7fa5e3',
  '#5788d8',
  '#3a70c8',
  '#275cb0',
  '#17479a',
  '#123a80',
  '#0c2b62',
];

/** The dark scheme's neutrals of styles.css, from text to ground: the library's cards, fields and lines use them. */
const dark: MantineColorsTuple = [
  '#efece6',
  '#d0ccc4',
  '#aba79f',
  '#8f8b83',
  '#373530',
  '#2a2926',
  '#1e1e1c',
  '#151514',
  '#10100f',
  '#0b0b0a',
];

/** A layer above the screen gets the keys as long as it exists: while fading out, it would swallow the next key press. */
const atOnce = { defaultProps: { transitionProps: { duration: 0 } } };

export const theme = createTheme({
  primaryColor: 'student',
  primaryShade: { light: 7, dark: 5 },
  colors: { student, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  headings: { fontWeight: '650' },
  // The library would show badges in capitals.
  components: { Modal: atOnce, Popover: atOnce, Menu: atOnce, Badge: { defaultProps: { tt: 'none' } } },
});
