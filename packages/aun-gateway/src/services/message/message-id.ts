import { isStorable, storedName } from '../../rpc/stored-text.js';

const MAX_LENGTH = 128;

/** 04 §1.2 rule 6. */
export const messageIdParam = storedName(MAX_LENGTH);

/** False: no message can have this id. */
export const isMessageId = (text: string): boolean =>
  text !== '' && text.length <= MAX_LENGTH && isStorable(text);
