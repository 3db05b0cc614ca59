/** `drydock lint FILES…`: checks manifests without a daemon. */
import { readFile, readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Command } from 'commander'
import { type LintSource, lintFiles, lintReportText, lintWarningsText, strictPolicy } from '../admission/index.ts'
import { UserError } from '../resources/index.ts'

type LintFlags = { readonly output: string; readonly strict: string | boolean; readonly color: boolean }

export function registerLint(program: Command): void {
  program
    .command('lint')
    .description('check manifests: files, folders with all below them, or - for the standard input')
    .argument('<files...>', 'files and folders')
    .option('-o, --output <style>', 'pretty or simple', 'pretty')
    .option('--strict [bool]', 'unknown fields are errors', 'true')
    .option('--offline', 'only the given files are looked at for templates (always so)')
    .option('--kinds <kinds>', 'accepted for Argo’s sake', 'all')
    .action(async (files: string[], _: unknown, command: Command) => {
      process.exitCode = await lint(files, command.optsWithGlobals<LintFlags>())
    })
}

/** @returns the exit code: 1 where there is a finding or nothing to lint */
async function lint(paths: readonly string[], flags: LintFlags): Promise<number> {
  if (flags.output !== 'pretty' && flags.output !== 'simple') {
    throw new UserError('UNKNOWN_FORMATTER', `unknown formatter: ${flags.output}`, { hint: 'pretty or simple' })
  }
  const sources = (await Promise.all(paths.map(sourcesOf))).flat()
  const report = lintFiles(sources, { strict: String(flags.strict) !== 'false', policy: strictPolicy })
  const hasColor = flags.color && process.stdout.isTTY
  process.stderr.write(lintWarningsText(report))
  process.stdout.write(lintReportText(report, flags.output, hasColor))
  return report.success ? 0 : 1
}

const extensions = ['.yaml', '.yml', '.json']

async function sourcesOf(path: string): Promise<LintSource[]> {
  if (path === '-') return [{ file: 'stdin', text: await readAll(process.stdin) }]
  const found = await stat(path).catch((cause: unknown) => {
    throw new UserError('NO_SUCH_FILE', `${path}: no such file or folder`, { cause })
  })
  if (!found.isDirectory()) return extensions.includes(extname(path)) ? [await sourceOf(path)] : []
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && extensions.includes(extname(entry.name)))
  return Promise.all(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map(sourceOf),
  )
}

const sourceOf = async (file: string): Promise<LintSource> => ({ file, text: await readFile(file) })

async function readAll(stream: NodeJS.ReadStream): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
