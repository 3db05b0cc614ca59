/**
 * Files that failed while everything else ran, too, are run once more by themselves: what then passes failed for want of a
 * quiet machine. It counts as passed and is named, so that somebody makes it hold.
 */
import type { FileResult, ProjectResult } from './test-report.ts'

/** More files than these have not failed because of the machine. */
const filesMost = 5
/** Who has run for longer has no time left for it. */
const secondsMost = 900

/** Files to run again, by project; none where it would not help. */
export function filesToRunAgain(
  results: readonly ProjectResult[],
  secondsSoFar: number,
): ReadonlyMap<string, readonly string[]> {
  const failed = results.map(
    ({ project, files }) => [project, files.filter(hasFailed).map(({ file }) => file)] as const,
  )
  const count = failed.reduce((sum, [, files]) => sum + files.length, 0)
  if (count > filesMost || secondsSoFar > secondsMost) return new Map()
  return new Map(failed.filter(([, files]) => files.length > 0))
}

export type SecondLook = {
  /** What counts now: of each file that was run again, the second result. */
  readonly result: ProjectResult
  /** `FILE > title` of what failed in the first run and no more in the second. */
  readonly passedAlone: readonly string[]
}

/** @param again of the files of `first` that failed; one that does not appear in it has failed again */
export function withSecondRun(first: ProjectResult, again: ProjectResult): SecondLook {
  const second = new Map(again.files.map((one) => [one.file, one]))
  const cured = first.files.filter((one) => hasFailed(one) && second.get(one.file)?.failed.length === 0)
  return {
    result: {
      ...first,
      files: first.files.map((one) => (hasFailed(one) ? (second.get(one.file) ?? one) : one)),
      elsewhere: first.elsewhere + again.elsewhere,
    },
    passedAlone: cured.flatMap(({ file, failed }) => failed.map((title) => `${file} > ${title}`)),
  }
}

const hasFailed = ({ failed }: FileResult): boolean => failed.length > 0
