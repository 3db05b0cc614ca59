import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { errorCodes } from './error-codes.ts'

const root = join(import.meta.dirname, '..')

it('docs/errors.md explains every error code, once', async () => {
  const text = await readFile(join(root, 'docs', 'errors.md'), 'utf8')
  const explained = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code ?? '')
  const missing = [...(await errorCodes(join(root, 'src')))].filter((code) => !explained.includes(code))
  expect(missing).toEqual([])
  expect(explained).toEqual([...new Set(explained)])
})
