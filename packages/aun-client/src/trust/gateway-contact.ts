/** Tells once that a gateway of an issuer has answered; what happens then is in the background (07 §3.1). */
export class GatewayContact {
  #listener: ((issuer: string) => void) | null = null;
  #issuer: string | null = null;

  /** At most one listener; told at once when the first contact was before. */
  onFirst(listener: (issuer: string) => void): void {
    this.#listener = listener;
    if (this.#issuer !== null) listener(this.#issuer);
  }

  note(issuer: string): void {
    if (this.#issuer !== null) return;
    this.#issuer = issuer;
    this.#listener?.(issuer);
  }
}
