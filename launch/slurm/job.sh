#!/bin/bash
# @{label}
@{options}

# 0 done; 75 stopped with everything saved: queued again; 2 something to mend, told in the log: not tried again;
# anything else: tried again, @{attempts} times in all. A job whose node is lost is queued again by Slurm itself.
trap : TERM
export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1} # which srun does not take from the job
@{setup}
for attempt in $(seq @{attempts}); do
    # One process a host. Where one has failed the others get a minute to end by themselves.
    srun --ntasks-per-node=1 --kill-on-bad-exit=0 --wait=60 @{command}
    status=$?
    [ $status = 0 ] || [ $status = 2 ] && exit $status
    # Nothing more where the job is being cancelled, or queued again already.
    [ "$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)" = RUNNING ] || exit $status
    if [ $status = 75 ]; then
        scontrol requeue "$SLURM_JOB_ID" && sleep 60
        exit $status
    fi
    echo "attempt $attempt of @{attempts} ended with $status"
done
exit $status
