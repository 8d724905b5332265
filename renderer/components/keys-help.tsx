/** The keys of a screen, listed on `?`. */
import { ActionIcon, Group, Kbd, Modal, Table, Title } from '@mantine/core';
import { useDisclosure, useWindowEvent } from '@mantine/hooks';
import { IconKeyboard } from '@tabler/icons-react';
import { isTaken } from '../class-keys.ts';
import { text } from '../text/en.ts';

export interface KeyLine {
  readonly keys: readonly string[];
  readonly does: string;
}

export interface KeyGroup {
  readonly title: string;
  readonly lines: readonly KeyLine[];
}

const words = text.keys;

export function KeysHelp({ groups }: { readonly groups: readonly KeyGroup[] }) {
  const [opened, { open, close }] = useDisclosure(false);
  useWindowEvent('keydown', (event) => {
    if (event.key !== '?' || event.ctrlKey || event.metaKey || isTaken(event)) return;
    event.preventDefault();
    open();
  });
  return (
    <>
      <ActionIcon variant="default" size={30} aria-label={words.open} title={words.open} onClick={open}>
        <IconKeyboard size={17} aria-hidden />
      </ActionIcon>
      <Modal
        opened={opened}
        onClose={close}
        title={words.title}
        size="lg"
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {groups.map(({ title, lines }) => (
          <section key={title}>
            <Title order={3} size="sm" mt="sm">
              {title}
            </Title>
            <Table verticalSpacing={4} aria-label={title}>
              <Table.Tbody>
                {lines.map(({ keys, does }) => (
                  <Table.Tr key={does}>
                    <Table.Th scope="row" w={190} fw={400}>
                      <Group gap={4}>
                        {keys.map((key) => (
                          <Kbd key={key}>{key}</Kbd>
                        ))}
                      </Group>
                    </Table.Th>
                    <Table.Td>{does}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </section>
        ))}
      </Modal>
    </>
  );
}

/** A line for each class that has a key. */
export function classKeyLines(
  classes: readonly { readonly name: string; readonly key: string }[],
  does: (name: string) => string,
): readonly KeyLine[] {
  return classes.filter(({ key }) => key !== '').map(({ name, key }) => ({ keys: [key], does: does(name) }));
}
