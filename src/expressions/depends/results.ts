/** What a `depends` can ask of a task. */
export const taskResults = [
  'Succeeded',
  'Failed',
  'Errored',
  'Skipped',
  'Omitted',
  'Daemoned',
  'AnySucceeded',
  'AllFailed',
] as const
export type TaskResult = (typeof taskResults)[number]
export type TaskResults = Readonly<Record<TaskResult, boolean>>
