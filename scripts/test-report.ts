/** The results of one vitest project, file by file, from its JSON report. */
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'

export type Count = { readonly passed: number; readonly failed: number }

export type FileResult = {
  /** Relative to the working directory. */
  readonly file: string
  readonly passed: number
  /** Titles of the tests that failed, with those around them; one in words for a file that cannot be loaded. */
  readonly failed: readonly string[]
}

export type ProjectResult = {
  readonly project: string
  readonly files: readonly FileResult[]
  /** Failures that belong to no file: it broke off, was ended, or left an error that nobody handled and of no known file. */
  readonly elsewhere: number
}

const unhandled = 'an error that nobody handled'

type Report = {
  readonly testResults: readonly {
    /** The file's path. */
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** @param path of the report, which may be missing */
export async function resultOf(
  project: string,
  path: string,
  { code, output }: { readonly code: number; readonly output: string },
): Promise<ProjectResult> {
  const text = await readFile(path, 'utf8').catch(() => null)
  const culprits = new Set([...output.matchAll(/error originated in "([^"]+)" test file/g)].map(([, file]) => file))
  const found = text === null ? [] : (JSON.parse(text) as Report).testResults.map(fileResult)
  const files = found.map((one) => (culprits.has(one.file) ? { ...one, failed: [...one.failed, unhandled] } : one))
  const isAttributed = files.some(({ failed }) => failed.includes(unhandled)) || !output.includes('Unhandled Error')
  const isExplained = files.some(({ failed }) => failed.length > 0) && isAttributed
  return { project, files, elsewhere: code === 0 || isExplained ? 0 : 1 }
}

function fileResult({ name, status, assertionResults }: Report['testResults'][number]): FileResult {
  const titles = assertionResults.filter((one) => one.status === 'failed').map(({ fullName }) => fullName)
  return {
    file: relative(process.cwd(), name),
    passed: assertionResults.filter((one) => one.status === 'passed').length,
    failed: status === 'failed' && titles.length === 0 ? ['what stands outside of its tests'] : titles,
  }
}

export function countOf({ files, elsewhere }: ProjectResult): Count {
  return {
    passed: files.reduce((sum, { passed }) => sum + passed, 0),
    failed: files.reduce((sum, { failed }) => sum + failed.length, elsewhere),
  }
}
