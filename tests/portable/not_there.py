"""The tests that cannot hold on the portable storage, by the reason: a system call that Windows lacks, or a promise that is not made there.

Which promises those are, `SECURITY.md` says under "What holds on which system".
"""

NOT_THERE = {
    "there is no fork on Windows": [
        "tests/reliability/test_journal.py::test_a_fork_is_noticed",
        "tests/reliability/test_many.py::test_forked_children_log_and_never_end_the_run",
        "tests/reliability/test_many.py::test_a_child_does_not_keep_the_run_alive",
        "tests/reliability/test_reader.py::test_a_forked_child_reads_though_a_thread_of_its_parent_was_reading",
        "tests/reliability/test_reentry.py::test_a_child_may_be_forked_within_a_call",
        "tests/reliability/test_resume.py::test_a_run_that_others_wrote_to_is_synced_whole",
        "tests/reliability/test_session_file.py::test_a_forked_child_leaves_the_files_of_its_parent_alone",
        "tests/reliability/test_store.py::test_what_a_forked_child_put_is_synced_by_its_parent",
    ],
    "there is no fork on Windows, in which a child of the test becomes another user": [
        "tests/reliability/test_wrong_files.py::test_what_may_not_be_read_is_told",
    ],
    "no limit of open files is known there (getrlimit is missing): up to 1,024 are kept open": [
        "tests/reliability/test_disk.py::test_more_names_than_descriptors",
        "tests/reliability/test_journal.py::test_half_of_the_descriptors_are_left_to_others",
        "tests/reliability/test_many.py::test_threads_with_more_names_than_descriptors_do_not_wait_for_each_other",
    ],
    "no time of a folder says there that a name in it changed (statx is missing): each file is looked at before its row": [
        "tests/reliability/test_metrics_at_once.py::test_ten_rows_cost_one_look_and_one_lock",
        "tests/reliability/test_metrics_at_once.py::test_the_first_rows_after_a_new_name_look_at_each_file",
    ],
    "two names are not exchanged in one step there (renameat2 is missing): a rename puts the new file in the place of the old one": [
        "tests/reliability/test_store.py::test_a_document_is_replaced_in_one_step[False-exchanged]",
    ],
    "not promised there: a cell costs the session's notebook what it adds, as nobody can tell whether somebody has it open (leases are missing)": [
        "tests/reliability/test_session_file.py::test_what_is_written_grows_with_the_cells",
        "tests/reliability/test_session_file.py::test_renaming_costs_no_more_than_exchanging",
    ],
    "Windows has no file with such a name (a line break, a backslash)": [
        "tests/reliability/test_run_archive.py::test_what_a_zip_cannot_hold_is_left_out_and_said",
    ],
    "not promised there: a file that another program has open is not replaced": [
        "tests/reliability/test_session_file.py::test_who_reads_finds_the_file_of_when_it_was_opened",
    ],
    "not promised there: the name of a new file may be lost in a power failure, as a folder is never synced": [
        "tests/reliability/test_store.py::test_a_name_that_may_not_outlive_a_power_failure_is_told",
    ],
    "not promised there: a file of next to nothing but holes is not told, and what may be read is bounded by its size": [
        "tests/reliability/test_curating.py::test_a_document_of_next_to_nothing_but_holes_is_left_as_it_is",
        "tests/reliability/test_wrong_files.py::test_what_is_no_file_is_told_and_hangs_nobody[hole-events/metric/loss.plx]",
    ],
    "not promised there: who writes from another machine is not seen": [
        "tests/reliability/test_two_mounts.py::test_a_run_of_one_mount_is_refused_through_the_other_and_loses_nothing",
    ],
}
