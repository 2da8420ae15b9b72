/** Source of cryptographically secure random bytes. Injected where tests need known values. */
export type RandomBytes = (length: number) => Uint8Array;
