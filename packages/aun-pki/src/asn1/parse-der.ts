import { AsnParser, type IAsnParseOptions } from '@peculiar/asn1-schema';

/** The bytes are not the expected DER structure; caught at the edge of every parser of this package. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

export interface DerLimits {
  /** Longest accepted input in bytes. */
  readonly maxBytes: number;
  /** Most ASN.1 elements; bounds the memory of a hostile input. */
  readonly maxNodes?: number;
}

type Block = Parameters<typeof AsnParser.fromASN>[0];

/** Takes the decoded tree as it is, so that its length can be compared with the input. */
class Tree {
  block: Block | undefined;

  fromASN(block: Block): this {
    this.block = block;
    return this;
  }

  toASN(): Block {
    if (this.block === undefined) throw new DerError('nothing was decoded');
    return this.block;
  }

  toSchema(): Block {
    return this.toASN();
  }
}

/**
 * Decodes exactly one structure that fills the whole input.
 *
 * @throws {DerError} for oversized, truncated, trailing or otherwise malformed bytes
 */
export function parseDer<T>(der: Uint8Array, type: new () => T, limits: DerLimits): T {
  if (der.length === 0) throw new DerError('the input is empty');
  if (der.length > limits.maxBytes) {
    throw new DerError(`${der.length} bytes are more than the ${limits.maxBytes} allowed`);
  }
  const options: IAsnParseOptions = {
    berOptions: {
      maxDepth: 40,
      maxNodes: limits.maxNodes ?? 2000,
      maxContentLength: limits.maxBytes,
    },
  };
  try {
    const { block } = AsnParser.parse(der, Tree, options);
    if (block === undefined) throw new DerError('nothing was decoded');
    if (block.valueBeforeDecodeView.byteLength !== der.length)
      throw new DerError('bytes follow the structure');
    return AsnParser.fromASN(block, type, options);
  } catch (error) {
    if (error instanceof DerError) throw error;
    throw new DerError(error instanceof Error ? error.message : 'not decodable', { cause: error });
  }
}
