/** An act as a button. The focus stays where it is, so that the next key is not the button's. */
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
