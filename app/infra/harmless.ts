/** C0 with tab and line break, DEL, C1, and what changes lines or the direction of writing. */
export const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of others (shop names, Shopify's words) on one line, with control characters shown and not sent: nothing that an answer holds may
 * steer the terminal or the spreadsheet it is shown in.
 */
export function harmless(text: string): string {
  return text.replace(CONTROLS, visible);
}

/** ␛ for ESC, ␊ for a line break; what has no picture by its number. */
export function visible(character: string): string {
  if (character.length > 1) return character;
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : `\\u${hexOf(character)}`;
}

/** Four hexadecimal digits. */
export function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}

/** JSON, or a stream of it, that means the same, with what would steer a terminal escaped: C1 and changes of direction. C0 always is. */
export function harmlessJson(json: string): string {
  return json.replace(CONTROLS, (one) => (one < " " ? one : `\\u${hexOf(one)}`));
}
