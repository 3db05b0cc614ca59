import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countOf, resultOf } from './test-report.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-report-'))
})
afterAll(() => rm(folder, { recursive: true }))

const one = (status: string, fullName: string) => ({ status, fullName })
async function read(testResults: readonly object[], code = 1, output = '') {
  const path = join(folder, 'report.json')
  await writeFile(path, JSON.stringify({ testResults }))
  return resultOf('unit', path, { code, output })
}

describe('the report of a project', () => {
  it('counts single tests by file, and says which failed', async () => {
    const name = resolve('src/a.test.ts')
    const tests = [one('passed', 'a b'), one('failed', 'a c'), one('skipped', 'a d')]
    const result = await read([{ name, status: 'failed', assertionResults: tests }])
    expect(result.files).toEqual([{ file: 'src/a.test.ts', passed: 1, failed: ['a c'] }])
    expect(countOf(result)).toEqual({ passed: 1, failed: 1 })
  })

  it('counts a file that cannot be loaded as one that failed', async () => {
    const result = await read([{ name: resolve('a'), status: 'failed', assertionResults: [] }])
    expect(countOf(result)).toEqual({ passed: 0, failed: 1 })
  })

  it('counts an error that nobody handled as a failure of the file that it came from', async () => {
    const name = resolve('src/a.test.ts')
    const good = { name, status: 'passed', assertionResults: [one('passed', 'x')] }
    const result = await read([good], 1, 'Unhandled Errors\nThis error originated in "src/a.test.ts" test file. It')
    expect(result).toMatchObject({
      files: [{ file: 'src/a.test.ts', failed: ['an error that nobody handled'] }],
      elsewhere: 0,
    })
  })

  it('has a failure of no file where vitest broke off, or found an error that nobody handled', async () => {
    const good = { name: resolve('a'), status: 'passed', assertionResults: [one('passed', 'x')] }
    const bad = { name: resolve('b'), status: 'failed', assertionResults: [one('failed', 'y')] }
    expect(countOf(await read([good]))).toEqual({ passed: 1, failed: 1 })
    expect(countOf(await read([good], 0))).toEqual({ passed: 1, failed: 0 })
    expect(countOf(await read([good, bad], 1, 'Unhandled Errors'))).toEqual({ passed: 1, failed: 2 })
    const ofNobody = 'Unhandled Errors\nThis error originated in "c" test file. It'
    expect(await read([good, bad], 1, ofNobody)).toMatchObject({ elsewhere: 1 })
    expect(countOf(await resultOf('unit', join(folder, 'none'), { code: 1, output: '' }))).toMatchObject({ failed: 1 })
  })
})
