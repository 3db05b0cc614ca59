/** How much a manifest may ask of the reader; beyond it a file is refused with the limit's name. */

export type Limits = {
  /** Bytes of one file. */
  readonly maxFileBytes: number
  /** Documents of one file. */
  readonly maxDocuments: number
  /** Nesting of lists and maps. */
  readonly maxDepth: number
  /** Values of one document, those behind aliases counted each time. */
  readonly maxNodes: number
}

export const defaultLimits: Limits = {
  maxFileBytes: 16 * 1024 * 1024,
  maxDocuments: 10_000,
  maxDepth: 200,
  maxNodes: 2_000_000,
}
