/** The door of the room: walking a workflow with mocks, and cases that say what must come of it. */
export { type CaseFile, readCaseFile, readMocks } from './case-file.ts'
export { type Mock, type Mocks, mergedMocks } from './mocks.ts'
export { type CaseResult, runCases } from './run-cases.ts'
export { type SubjectOptions, subjectOf } from './subject.ts'
export { type Intervention, type Start, type WalkInput, type WalkResult, walk } from './walk.ts'
