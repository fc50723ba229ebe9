import { html } from "./html.ts";

const icon = (path: string) =>
  html`<svg
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${{ markup: path }}
  </svg>`;

export const homeIcon = icon('<path d="M3.5 9 10 3.5 16.5 9v6.5a1 1 0 0 1-1 1h-3.5V12h-4v4.5H4.5a1 1 0 0 1-1-1Z"/>');
export const appsIcon = icon(
  '<rect x="3.5" y="3.5" width="5" height="5" rx="1.2"/><rect x="11.5" y="3.5" width="5" height="5" rx="1.2"/><rect x="3.5" y="11.5" width="5" height="5" rx="1.2"/><path d="M14 11.5v5M11.5 14h5"/>',
);
export const controlIcon = icon(
  '<path d="M4 6h7M15 6h1M4 14h1M9 14h7"/><circle cx="13" cy="6" r="2"/><circle cx="7" cy="14" r="2"/>',
);
export const bagIcon = icon(
  '<path d="M4.5 7h11l.8 9.5H3.7Z" fill="#2ae0b0" stroke="#2ae0b0"/><path d="M7 9V6a3 3 0 0 1 6 0v3" stroke="#0b3b2e"/>',
);
