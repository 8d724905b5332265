#!/bin/bash
# A labelling on a Slurm cluster: sixteen shares, then the command that takes them over and ranks.
#
#   DIR=/shared/project ./slurm.sh
#
# DIR is on a file system that every node mounts at the same path, and so are the images. Its teacher has been trained.
# UNDERSTUDY is the command that starts the command line.
set -euo pipefail
: "${DIR:?name the project: DIR=/shared/project ./slurm.sh}"
UNDERSTUDY=${UNDERSTUDY:-"node /shared/understudy/dist/cli.js"}
SHARES=${SHARES:-16}

# A share whose node fails is queued again and continues with what is still missing.
shares=$(sbatch --parsable --job-name=understudy-label --array=0-$((SHARES - 1)) --requeue \
  --cpus-per-task=8 --mem=8G --output=label-%A-%a.log \
  --wrap "$UNDERSTUDY label '$DIR' --partition \"\$SLURM_ARRAY_TASK_ID/\$SLURM_ARRAY_TASK_COUNT\"")

# With one card per task: add --gres=gpu:1 above, and --device cuda to the command.
sbatch --job-name=understudy-finish --dependency="afterok:$shares" --cpus-per-task=8 --mem=8G --output=label-finish.log \
  --wrap "$UNDERSTUDY label '$DIR'"
