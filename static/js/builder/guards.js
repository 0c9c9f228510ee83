/** The guards that every step may have, described like settings. */

export const ON_ERROR = [["stop", "The run pauses for a person"], ["continue", "Go on with the next step"], ["ignore", "Go on and count it as done"], ["retry", "Try again"]];

export const GUARDS = [
  { key: "when", kind: "expression", label: "Only when", help: "Skipped otherwise.", example: "inputs.amount > 100" },
  { key: "timeout", takesData: false, kind: "duration", label: "Time limit", help: "For one try." },
  { key: "once", kind: "boolean", label: "Do it once only", help: "Never repeated, not even after a crash." },
];

export const RETRY = [
  { key: "max_attempts", takesData: false, kind: "integer", label: "Tries in all", default: 3, minimum: 1 },
  { key: "initial", takesData: false, kind: "duration", label: "First pause", default: "2s" },
  { key: "max", takesData: false, kind: "duration", label: "Longest pause", default: "30s" },
  { key: "multiplier", takesData: false, kind: "number", label: "Each pause times", default: 2, advanced: true },
  { key: "jitter", takesData: false, kind: "duration", label: "Random part of a pause", default: "1s", advanced: true },
  { key: "on", kind: "texts", label: "Only after these faults", help: "Codes such as RateLimited, or * for all.", example: "Timeout" },
  { key: "not_on", kind: "texts", label: "Never after these faults", advanced: true },
  { key: "if", kind: "expression", label: "Only if", advanced: true },
];

export const CODES = [
  "RateLimited", "ServerError", "ClientError", "Timeout", "ConnectionFailed", "EgressBlocked", "BreakerOpen", "DeadlineExceeded", "ApprovalRejected", "RaceFailed",
  "PlaybookNotFound", "PayloadTooLarge", "OutputInvalid", "TemplateError", "ExpressionError", "InputInvalid", "Interrupted", "UnknownOutcome", "NeedsPerson",
];
