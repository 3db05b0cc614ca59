/** Manifests of files, read whole; what is wrong with any of them is said at once. */
import { formatProblem, parseManifests } from '../admission/index.ts'
import type { Manifest } from '../admission/index.ts'
import { UserError } from '../resources/index.ts'
import { textOf } from './verbs/submit.ts'

/** @throws UserError with every problem, a line each */
export async function manifestsOf(files: readonly string[]): Promise<readonly Manifest[]> {
  const parsed = await Promise.all(files.map(async (file) => parseManifests(await textOf(file), { file })))
  const problems = parsed.flatMap((one) => one.problems)
  if (problems.length > 0) throw new UserError('INVALID_MANIFEST', problems.map(formatProblem).join('\n'))
  return parsed.flatMap(({ documents }) => documents.flatMap(({ manifest }) => (manifest === null ? [] : [manifest])))
}
