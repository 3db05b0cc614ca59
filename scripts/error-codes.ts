/** The codes that errors in `src/` carry, as they are written there. */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const made = /(?:new (?:UserError|WorldError|ApiError)|storeError|super)\(\s*'([A-Z][A-Z_]+)'/g

export async function errorCodes(src: string): Promise<ReadonlySet<string>> {
  const codes = new Set<string>()
  for (const path of await readdir(src, { recursive: true })) {
    if (!path.endsWith('.ts') || path.includes('.test.') || path.includes('fixtures')) continue
    const text = await readFile(join(src, path), 'utf8')
    for (const [, code = ''] of text.matchAll(made)) codes.add(code)
  }
  return codes
}
