/** A person without a mouse: presses Tab until a control has the focus, then Enter or text. */
import { expect, type Locator, type Page } from '@playwright/test';

/** More than any path through a screen needs; a control not reached by then is unreachable. */
const MOST_TABS = 150;

export class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Forwards through the page; `backwards` if the control is nearer that way. */
  async to(control: Locator, { backwards = false } = {}): Promise<void> {
    await expect(control).toBeEnabled();
    for (let tabs = 0; tabs <= MOST_TABS; tabs++) {
      if (await hasFocus(control)) return;
      await this.key(backwards ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`${control} was not reached with ${MOST_TABS} presses of Tab.`);
  }

  async key(name: string): Promise<void> {
    await this.#page.keyboard.press(name);
  }

  async press(control: Locator, options?: { readonly backwards: boolean }): Promise<void> {
    await this.to(control, options);
    await this.key('Enter');
  }

  async write(field: Locator, text: string): Promise<void> {
    await this.to(field);
    await this.key('ControlOrMeta+a');
    await this.#page.keyboard.type(text);
  }

  /** In a native list of choices: by the beginning of a choice's text. */
  async choose(list: Locator, words: string): Promise<void> {
    await this.to(list);
    await this.#page.keyboard.type(words);
    await expect(list.locator('option:checked')).toHaveText(new RegExp(`^${words}`));
  }
}

async function hasFocus(control: Locator): Promise<boolean> {
  return await control.evaluate((element) => element === document.activeElement);
}
