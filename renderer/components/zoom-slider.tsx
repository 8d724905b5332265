/** The size at which pictures are shown. */
import { Input, Slider } from '@mantine/core';
import { text } from '../text/en.ts';

const words = text.shell.zoom;

interface ZoomSliderProps {
  /** The side of a picture in pixels. */
  readonly zooms: { readonly min: number; readonly max: number; readonly step: number };
  readonly px: number;
  readonly onChange: (px: number) => void;
  /** Laid out as a field in a row of others. */
  readonly inRow?: boolean;
}

export function ZoomSlider({ zooms: { min, max, step }, px, onChange, inRow = false }: ZoomSliderProps) {
  return (
    <Input.Wrapper size="xs" label={words.label} labelElement="div" {...(inRow && { w: 100 })}>
      <Slider
        size="sm"
        {...(inRow && { my: 7 })}
        thumbLabel={words.label}
        label={null}
        thumbProps={{ 'aria-valuetext': words.value(px) }}
        min={min}
        max={max}
        step={step}
        value={px}
        onChange={onChange}
      />
    </Input.Wrapper>
  );
}
