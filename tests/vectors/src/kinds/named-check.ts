export interface AuthVector {
  readonly name: string;
  readonly note?: string;
  // biome-ignore lint/suspicious/noExplicitAny: vectors are read as they are
  readonly inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: vectors are read as they are
  readonly expected: any;
}

/** A check of one named vector; `note` says where ours differs on purpose. */
export interface NamedCheck {
  check(vector: AuthVector): void;
  note?(vector: AuthVector): string | undefined;
}
