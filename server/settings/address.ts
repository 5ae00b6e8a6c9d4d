/**
 * Whether a text is an address of one of these schemes that says nobody's name or password: those have
 * settings of their own, and an address is printed.
 */
export function isPlainAddress(text: string, schemes: RegExp): boolean {
  const url = URL.parse(text)
  return url !== null && schemes.test(url.protocol) && !url.username && !url.password && !url.hash
}
