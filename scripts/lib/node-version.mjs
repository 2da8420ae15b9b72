import { StepError } from './step.mjs';

const [wantedMajor, wantedMinor] = [20, 19];

export function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new StepError(
    `Node ${process.versions.node} is too old: this project needs Node >= ${wantedMajor}.${wantedMinor}`,
  );
}
