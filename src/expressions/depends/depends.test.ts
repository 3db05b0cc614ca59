import { describe, expect, it } from 'vitest'
import { evaluateDepends, taskResultsOf } from './evaluate.ts'
import { ancestorsOf, compileDag, dagFault, dagOrder, leavesOf } from './graph.ts'
import { compileDepends } from './logic.ts'

const phases = (given: Readonly<Record<string, string>>) => (name: string) => taskResultsOf({ phase: given[name] })
const alone = (depends: string) => compileDepends({ name: 'this', depends }, () => undefined)

describe('depends', () => {
  it('expands a bare name to what satisfies a plain dependency', () => {
    expect(alone('a-b').text).toBe('(a-b.Succeeded || a-b.Skipped || a-b.Daemoned)')
  })

  it('takes dependencies with continueOn as results that are forgiven', () => {
    const made = compileDepends({ name: 'c', dependencies: ['a'] }, () => ({ name: 'a', continueOn: { failed: true } }))
    expect(made.text).toBe('(a.Succeeded || a.Skipped || a.Daemoned || a.Failed)')
    expect(evaluateDepends(made, phases({ a: 'Failed' }))).toEqual({ ok: true, value: true })
  })

  it.each([
    ['a && !b.Failed', false],
    ['b || a.Failed', false],
    ['(a || b) && b.Failed', true],
    ['a.Succeeded == b.Failed', true],
    ['a ? b.Failed : a.Failed', true],
  ])('%s gives %s when a succeeded and b failed', (depends, value) => {
    expect(evaluateDepends(alone(depends), phases({ a: 'Succeeded', b: 'Failed' }))).toEqual({ ok: true, value })
  })

  it('evaluates the common form without the expression language', () => {
    expect(alone('a-b && !(c.Failed || d)').program).not.toBeNull()
    expect(alone('a == b').program).toBeNull()
    expect(alone('if').program).toBeNull()
  })

  it('fails for a task named like a word of the expression language', () => {
    expect(evaluateDepends(alone('if'), phases({ if: 'Succeeded' }))).toMatchObject({ ok: false })
  })

  it('judges a loop by its items', () => {
    const results = taskResultsOf({ phase: 'Failed', itemPhases: ['Failed', 'Succeeded'] })
    expect(results).toMatchObject({ AnySucceeded: true, AllFailed: false })
    expect(taskResultsOf({ phase: 'Succeeded', itemPhases: [] })).toMatchObject({ AllFailed: false })
  })
})

describe('a DAG', () => {
  const tasks = [
    { name: 'd', depends: 'b && c' },
    { name: 'b', depends: 'a' },
    { name: 'c', depends: 'a.Failed' },
    { name: 'a' },
  ]

  it('is put in order, with its leaves and ancestors', () => {
    const conditions = compileDag(tasks)
    expect(dagOrder(tasks)).toEqual({ order: ['a', 'b', 'c', 'd'] })
    expect(leavesOf(conditions)).toEqual(['d'])
    expect([...ancestorsOf('d', conditions)].sort()).toEqual(['a', 'b', 'c'])
  })

  it.each([
    [[{ name: 'a', depends: 'x' }], 'templates.t sorting failed: invalid dependency x'],
    [[{ name: 'a' }, { name: 'a' }], 'templates.t sorting failed: duplicated nodeName a'],
    [
      [
        { name: 'a', depends: 'b' },
        { name: 'b', depends: 'a' },
      ],
      'templates.t sorting failed: graph with cycle',
    ],
    [
      [{ name: 'a' }, { name: 'b', depends: 'a.Done' }],
      "templates.t.tasks.b task result 'Done' for task 'a' is invalid",
    ],
  ])('with a fault is refused: %#', (faulty, message) => {
    expect(dagFault('t', faulty)).toBe(message)
  })
})
