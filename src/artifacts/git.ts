/** `git`: a clone, made with the git binary. Credentials reach it through its environment, never its arguments. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../resources/index.ts'
import type { Artifact } from '../resources/index.ts'
import type { Entry } from './archive/entry.ts'
import { readFolder } from './archive/read-folder.ts'
import { GitProcess } from './git-process.ts'
import type { ArtifactContext, ArtifactDriver, ObjectInfo } from './port.ts'
import type { Scratch } from './scratch.ts'

type GitLocation = NonNullable<Artifact['git']>

export class GitDriver implements ArtifactDriver {
  readonly #scratch: Scratch
  readonly #allowLocal: boolean

  constructor(scratch: Scratch, options: { readonly allowLocal: boolean }) {
    this.#scratch = scratch
    this.#allowLocal = options.allowLocal
  }

  async tree(artifact: Artifact, context: ArtifactContext): Promise<AsyncIterable<Entry>> {
    const folder = this.#scratch.newPath()
    try {
      await this.#clone(locationOf(artifact), folder, context)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
    return thenRemove(readFolder(join(folder, 'work')), folder)
  }

  open(): Promise<null> {
    return Promise.reject(
      new UserError('ARTIFACT_BACKEND', 'a git artifact is a folder and cannot be downloaded as a file'),
    )
  }

  openKey(): Promise<null> {
    return this.open()
  }

  list(): Promise<readonly ObjectInfo[]> {
    return Promise.resolve([])
  }

  save(): Promise<void> {
    return Promise.reject(new UserError('ARTIFACT_READ_ONLY', 'Git output artifacts unsupported'))
  }

  delete(): Promise<void> {
    return Promise.reject(new UserError('ARTIFACT_DELETE', 'delete not supported for git artifacts'))
  }

  /** Leaves the work tree, with its `.git`, in `<folder>/work`. */
  async #clone(git: GitLocation, folder: string, context: ArtifactContext): Promise<void> {
    const process = await GitProcess.prepare(folder, git, { ...context, allowLocal: this.#allowLocal })
    const depth = git.depth ? [`--depth=${git.depth}`] : []
    await process.run([
      ...['clone', '--no-checkout', ...depth],
      ...(git.singleBranch ? ['--single-branch'] : ['--no-single-branch']),
      ...(git.branch ? [`--branch=${git.branch}`] : []),
      ...['--', git.repo, 'work'],
    ])
    if (git.fetch?.length) await process.runInside(['fetch', ...depth, 'origin', ...git.fetch.map(refused)])
    await process.runInside(['checkout', '--force', '--detach', await this.#commitOf(git, process), '--'])
    if (!git.revision || (await process.succeeds(['show-ref', '--verify', `refs/remotes/origin/${git.revision}`])))
      await attachBranch(git, process)
    if (!git.disableSubmodules) await process.runInside(['submodule', 'update', '--init', '--recursive', ...depth])
  }

  /** A revision may be a branch of the remote, a tag, a full reference or a commit. */
  async #commitOf({ revision }: GitLocation, process: GitProcess): Promise<string> {
    if (!revision) return 'HEAD'
    for (const name of [`refs/remotes/origin/${revision}`, `refs/tags/${revision}`, revision]) {
      const found = await process.output(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`])
      if (found !== null) return found
    }
    throw new UserError('ARTIFACT_GIT', `failed to resolve revision '${revision}': reference not found`)
  }
}

/** So that `git status` names a branch, as after an ordinary clone. */
async function attachBranch(git: GitLocation, process: GitProcess): Promise<void> {
  const head = await process.output(['rev-parse', '--abbrev-ref', 'origin/HEAD'])
  const branch = git.revision || git.branch || head?.replace(/^origin\//, '')
  if (branch) await process.succeeds(['checkout', '--force', '-B', branch, '--'])
}

function locationOf(artifact: Artifact): GitLocation {
  const { git } = artifact
  if (!git?.repo) throw new UserError('ARTIFACT_LOCATION', `artifact '${artifact.name}' names no git repository`)
  for (const text of [git.revision, git.branch]) if (text) refused(text)
  return git
}

/** A name that git would take for an option. */
function refused(name: string): string {
  if (name.startsWith('-')) throw new UserError('ARTIFACT_LOCATION', `not a git revision: ${name}`)
  return name
}

async function* thenRemove(entries: AsyncIterable<Entry>, folder: string): AsyncGenerator<Entry> {
  try {
    yield* entries
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
