/** The one stylesheet: system fonts, light and dark, from 360 pixels up. */
export const STYLES = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1c1f23, #e6e8ea);
  --quiet: light-dark(#5b636c, #9aa3ad);
  --line: light-dark(#e2e5e9, #2c3238);
  --paper: light-dark(#ffffff, #14171a);
  --link: light-dark(#0b57a4, #7ab7f5);
  --notice: light-dark(#fff4d6, #3a2f10);
  --warning: light-dark(#855300, #e3b35a);
  --error: light-dark(#b3261e, #f2908a);
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.4rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 0.8rem; font-weight: 600; letter-spacing: 0.04em; text-transform: uppercase; color: var(--quiet); margin: 2rem 0 0.25rem; }
h2 + ul { margin: 0; }
.subtitle { margin: 0.15rem 0 0; color: var(--quiet); overflow-wrap: anywhere; }
.notice { background: var(--notice); padding: 0.6rem 0.8rem; border-radius: 6px; margin: 1rem 0 0; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; max-width: 44rem; }
.empty { color: var(--quiet); margin: 0.4rem 0; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
dl { display: flex; flex-wrap: wrap; gap: 0.25rem 2rem; margin: 1rem 0 0; }
dl div { display: flex; gap: 0.5rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
ul { list-style: none; margin: 1rem 0 0; padding: 0; border-top: 1px solid var(--line); }
li { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0.5rem 0; border-bottom: 1px solid var(--line); align-items: baseline; }
li strong { font-weight: 600; min-width: 12rem; overflow-wrap: anywhere; }
li span { color: var(--quiet); font-size: 0.9rem; overflow-wrap: anywhere; }
span.digest { flex-basis: 100%; color: var(--quiet); font: 0.75rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
li dl { flex-basis: 100%; gap: 0 1.5rem; margin: 0.1rem 0 0; font-size: 0.9rem; }
dd .digest { display: block; }
li p { flex-basis: 100%; margin: 0.1rem 0 0; font-size: 0.9rem; overflow-wrap: anywhere; }
li p b { font-weight: 600; }
li .warning b { color: var(--warning); }
li .error b { color: var(--error); }
.qr { margin-top: 2rem; background: #fff; padding: 4px; border-radius: 6px; border: 1px solid var(--line); }
@media (max-width: 30rem) {
  li strong { min-width: 100%; }
  dl div { flex-wrap: wrap; gap: 0 0.5rem; }
}
`
