/** Every case of a file: walked, compared, reported as data. */
import type { Manifest } from '../admission/index.ts'
import type { Operation } from '../engine/index.ts'
import { type Case, type CaseFile, asMocks } from './case-file.ts'
import { differences } from './compare.ts'
import { durationMs, mergedMocks } from './mocks.ts'
import { subjectOf } from './subject.ts'
import { type Intervention, type WalkResult, walk } from './walk.ts'

export type CaseResult = {
  readonly name: string
  /** Empty: it passed. */
  readonly differences: readonly string[]
  readonly result: WalkResult
}

/** @param manifests of the file's `workflow` and `with`, in that order */
export function runCases(file: CaseFile, manifests: readonly Manifest[]): readonly CaseResult[] {
  return file.cases.map((one) => {
    const result = walk({
      workflow: subjectOf(manifests, subjectOptions(one)),
      manifests,
      mocks: mergedMocks(asMocks(file.mocks), asMocks(one.mocks)),
      interventions: (one.interventions ?? []).map(interventionOf),
    })
    return { name: one.name, differences: differences(result, one.expect), result }
  })
}

function subjectOptions({ parameters = {}, entrypoint }: Case) {
  const texts = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]))
  return { parameters: texts, ...(entrypoint === undefined ? {} : { entrypoint }) }
}

function interventionOf({ after, do: verb, node }: NonNullable<Case['interventions']>[number]): Intervention {
  const chosen = node === undefined ? {} : { nodeFieldSelector: `displayName=${node}` }
  const operation: Operation = verb === 'stop' || verb === 'resume' ? { kind: verb, ...chosen } : { kind: verb }
  return { afterMs: durationMs(String(after)), operation }
}
