import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fileOfKey, folderOfKey, keyOfFile } from './file-name.ts'

it.each([
  ['wf/wf-1/out.tgz', 'wf.d/wf-1.d/out.tgz'],
  ['a', 'a'],
  ['a/', 'a.d/%'],
  ['/a', '%.d/a'],
  ['../../etc/passwd', '%2e%2e.d/%2e%2e.d/etc.d/passwd'],
  ['./x', '%2e.d/x'],
  ['a.d', 'a.%64'],
  ['a b\u0000ü%', 'a%20b%00%c3%bc%25'],
])('keeps the key %j in the file %s', (key, path) => {
  expect(fileOfKey(key).join('/')).toBe(path)
  expect(keyOfFile(fileOfKey(key))).toBe(key.replace(/\/$/, '/'))
})
it('has one file for any key, which names the key again', () => {
  const key = fc
    .string({ unit: fc.constantFrom('a', '.', 'd', '/', '%', 'ü', '-', '\0'), minLength: 1, maxLength: 300 })
    .filter((text) => Buffer.byteLength(text) <= 1024)
  fc.assert(
    fc.property(key, (text) => {
      const names = fileOfKey(text)
      expect(keyOfFile(names)).toBe(text)
      for (const name of names) {
        expect(name).toMatch(/^[A-Za-z0-9._@+=,~%-]{1,255}$/)
        expect(['.', '..']).not.toContain(name)
      }
    }),
    { numRuns: 500 },
  )
})
it('never lets a file stand where another key needs a folder', () => {
  const key = fc.string({ unit: fc.constantFrom('a', '.', 'd', '/', '%'), minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(key, key, (one, other) => {
      const file = fileOfKey(one).join('/')
      const path = fileOfKey(other)
      for (let depth = 1; depth < path.length; depth++) expect(path.slice(0, depth).join('/')).not.toBe(file)
    }),
    { numRuns: 2000 },
  )
})
it('keeps what is below a key in its folder', () => {
  expect(
    fileOfKey('a/b/c')
      .join('/')
      .startsWith(`${folderOfKey('a/b').join('/')}/`),
  ).toBe(true)
  expect(folderOfKey('a/b/')).toEqual(folderOfKey('a/b'))
})
it('refuses a key that is too long', () => {
  expect(() => fileOfKey('x'.repeat(1025))).toThrow('too long')
})
