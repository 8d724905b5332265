/** An act as a button. The focus does not move to it, so that the next key press does not go to the button. */
import { Button, type ButtonProps } from '@mantine/core';
import { type Act, titleOf } from './act.ts';

export function ActButton({ act, ...look }: { readonly act: Act } & Omit<ButtonProps, 'children'>) {
  return (
    <Button
      size="xs"
      variant="default"
      {...look}
      disabled={!act.can}
      title={titleOf(act)}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => act.do()}
    >
      {act.label}
    </Button>
  );
}
