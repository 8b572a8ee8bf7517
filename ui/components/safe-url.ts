/** Links come from publishers too: only web addresses and paths of this server become links. */
export function isSafeUrl(url: string): boolean {
  return /^https?:\/\//i.test(url) || /^\/(?!\/)/.test(url)
}
