import { describe, expect, it } from 'vitest'
import { filesToRunAgain, withSecondRun } from './second-run.ts'
import type { ProjectResult } from './test-report.ts'
import { countOf } from './test-report.ts'

const file = (name: string, failed: readonly string[] = [], passed = 3) => ({ file: name, passed, failed })
const unit = (...files: ProjectResult['files']): ProjectResult => ({ project: 'unit', files, elsewhere: 0 })

describe('files that failed beside others', () => {
  it('are run again by project', () => {
    const docker = { ...unit(file('d', ['x'])), project: 'docker' }
    const quiet = { ...unit(file('e')), project: 'e2e' }
    expect([...filesToRunAgain([unit(file('a', ['x', 'y']), file('b')), docker, quiet], 500)]).toEqual([
      ['unit', ['a']],
      ['docker', ['d']],
    ])
  })

  it('are not run again where there are too many, or no time is left', () => {
    const many = (count: number) => unit(...Array.from({ length: count }, (_, index) => file(`${index}`, ['x'])))
    expect(filesToRunAgain([many(5)], 900).get('unit')).toHaveLength(5)
    expect(filesToRunAgain([many(3), { ...many(3), project: 'docker' }], 0).size).toBe(0)
    expect(filesToRunAgain([many(1)], 901).size).toBe(0)
  })

  it('count as they are alone, and are named where they pass', () => {
    const first = unit(file('a', ['one', 'two'], 1), file('b', ['three'], 2), file('c', [], 7))
    const { result, passedAlone } = withSecondRun(first, unit(file('a', [], 3), file('b', ['three', 'four'], 1)))
    expect(passedAlone).toEqual(['a > one', 'a > two'])
    expect(countOf(result)).toEqual({ passed: 3 + 1 + 7, failed: 2 })
  })

  it('have failed again where the second run says nothing of them, or breaks off', () => {
    const first = unit(file('a', ['one'], 1))
    expect(countOf(withSecondRun(first, { ...unit(), elsewhere: 1 }).result)).toEqual({ passed: 1, failed: 2 })
    expect(withSecondRun({ ...first, elsewhere: 1 }, unit(file('a'))).result.elsewhere).toBe(1)
  })
})
