/** Whether a host name, as `URL.hostname` has it, means the machine itself on which it is read. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:localhost|[^.]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}
