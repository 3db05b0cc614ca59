/** Reads one file out of a multipart form as it comes, without holding it in memory. */

export type FilePart = { readonly fileName: string; readonly content: AsyncIterable<Uint8Array> }

/** Headers of a part may not be longer than this. */
const headersBytesMax = 16_384

/** The boundary in a Content-Type, or `null` where it is no multipart form. */
export function boundaryOf(contentType: string | undefined): string | null {
  if (!/^multipart\/form-data\s*;/i.test(contentType ?? '')) return null
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType ?? '') ?? []
  return quoted ?? plain ?? null
}

/**
 * The file of the first part with this name, or `null`. Its content must be read to the end; whatever parts follow are
 * not looked at.
 * @throws Error for a form that breaks off
 */
export async function filePart(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
  name: string,
): Promise<FilePart | null> {
  const reader = new PartReader(source, Buffer.from(`\r\n--${boundary}`))
  while (await reader.nextPart()) {
    const headers = await reader.headers()
    const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? ''
    if (parameterOf(disposition, 'name') === name) {
      return { fileName: parameterOf(disposition, 'filename') ?? '', content: reader.content() }
    }
    for await (const _chunk of reader.content()) void _chunk
  }
  return null
}

/** Browsers escape quotes as `%22`; others put a backslash before them. */
function parameterOf(disposition: string, name: string): string | undefined {
  const [, quoted, plain] =
    new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, 'i').exec(disposition) ?? []
  return quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1').replaceAll('%22', '"')
}

class PartReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #delimiter: Buffer
  /** Begins as if a line had ended, so that the first boundary looks like the others. */
  #buffer: Buffer = Buffer.from('\r\n')
  #isFirst = true

  constructor(source: AsyncIterable<Uint8Array>, delimiter: Buffer) {
    this.#chunks = source[Symbol.asyncIterator]()
    this.#delimiter = delimiter
  }

  /** Moves to the headers of the next part; `false` after the last one. */
  async nextPart(): Promise<boolean> {
    if (this.#isFirst) for await (const _preamble of this.content()) void _preamble
    this.#isFirst = false
    while (this.#buffer.length < 2) await this.#more()
    return this.#buffer.subarray(0, 2).toString('latin1') !== '--'
  }

  async headers(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n')
      if (end >= 0) {
        const text = this.#buffer.subarray(0, end).toString('utf8')
        this.#buffer = this.#buffer.subarray(end + 4)
        return text
      }
      if (this.#buffer.length > headersBytesMax) throw new Error('the headers of a part are too long')
      await this.#more()
    }
  }

  /** Up to the next boundary, which is skipped. */
  async *content(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#buffer.indexOf(this.#delimiter)
      if (at >= 0) {
        if (at > 0) yield this.#buffer.subarray(0, at)
        this.#buffer = this.#buffer.subarray(at + this.#delimiter.length)
        return
      }
      const safe = this.#buffer.length - this.#delimiter.length
      if (safe > 0) {
        yield this.#buffer.subarray(0, safe)
        this.#buffer = this.#buffer.subarray(safe)
      }
      await this.#more()
    }
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#chunks.next()
    if (done) throw new Error('the form broke off')
    this.#buffer = Buffer.concat([this.#buffer, value])
  }
}
