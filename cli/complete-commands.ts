/** `make-key` asks no app. */
const COMMAND = /npm run tokens -- (?!make-key)([a-z-]+)\b(?! --url)/g;

/**
 * The app's own words with their commands made complete: it does not know at which address it was asked.
 * @param command makes one of its arguments.
 */
export function completeCommands(words: string, command: (text: string) => string): string {
  return words.replaceAll(COMMAND, (_, name: string) => command(name));
}
