"""The must-haves of a Discord adapter by number, each with the tests that hold it."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HERE = "tests/adapters/discord"
HELD = {
    1: ["test_reduced.py::test_01_it_starts_and_tells_what_it_can_read",
        "test_reduced.py::test_01_the_intents_are_these_and_no_others"],
    2: ["test_recovery.py::test_02_a_first_connection_that_is_refused_for_half_a_minute"],
    3: ["test_recovery.py::test_03_19_every_call_is_answered_once",
        "test_recovery.py::test_03_a_half_open_connection_is_noticed_by_its_missing_heartbeats"],
    4: ["test_recovery.py::test_04_after_an_outage_recent_calls_are_answered_and_what_is_old_is_not"],
    5: ["tests/whole/test_discord_stream.py::test_05_at_a_shutdown_nothing_unfinished_is_left",
        "test_gateway.py::test_a_gateway_that_has_gone_silent_does_not_hold_up_the_end"],
    6: ["test_gateway.py::test_a_token_that_is_refused_is_never_tried_again",
        "test_reduced.py::test_01_a_refused_intent_names_the_switch_and_the_setting"],
    8: ["test_decides.py::test_08_other_bots_get_no_answer_and_people_behind_a_proxy_do"],
    9: ["test_translate.py::test_the_systems_own_lines_are_not_messages",
        "tests/decide/test_gates.py::test_a_hit_and_a_near_miss"],
    10: ["test_decides.py::test_10_a_burst_gets_one_reply_and_a_call_does_not_wait"],
    11: ["tests/write/test_writer.py::test_nothing_to_say_is_a_pass_unasked_and_a_line_to_who_called"],
    12: ["test_decides.py::test_12_whatever_we_say_answers_somebody"],
    13: ["test_carried.py::test_each_form_is_a_typed_part",
         "tests/write/test_answered.py::test_13_the_chain_above_it_comes_first_and_has_an_end",
         "test_carried.py::test_a_message_that_we_have_not_kept_is_asked_for",
         "test_carried.py::test_a_forum_post_has_its_title_and_tags_and_gets_new_ones",
         "test_translate.py::test_a_thread_grown_from_a_message_brings_that_message_along_as_history"],
    14: ["test_translate.py::test_markup_is_readable",
         "test_translate.py::test_a_name_cannot_pretend_to_be_a_line_of_its_own"],
    15: ["test_files.py::test_files_come_from_discord_alone",
         "test_files.py::test_no_more_is_read_than_is_allowed_whatever_size_was_claimed"],
    16: ["test_sender.py::test_a_reply_answers_its_trigger_and_pings_nobody",
         "test_behaviour.py::test_a_text_full_of_pings_pings_nobody"],
    17: ["test_split.py::test_17_what_five_parts_do_not_hold_is_all_in_the_file",
         "test_sender.py::test_17_a_text_of_more_than_five_parts_comes_with_a_file"],
    18: ["test_previews.py::test_18_a_placeholder_grows_and_becomes_the_answer",
         "test_previews.py::test_18_ten_channels_at_once_meet_no_limit",
         "test_previews.py::test_18_after_an_hour_nothing_is_edited",
         "tests/whole/test_discord_stream.py::test_18_killed_while_it_is_shown_the_same_message_becomes_the_answer"],
    19: ["test_pace.py::test_19_no_window_of_a_second_has_more_requests",
         "test_recovery.py::test_03_19_every_call_is_answered_once"],
    20: ["test_mutes.py::test_20_a_refused_action_rests_in_that_channel_for_ten_minutes",
         "test_mutes.py::test_20_a_thread_that_was_put_away_is_left_alone",
         "test_places.py::test_a_refused_reference_is_left_out",
         "tests/live/test_blocked.py::test_20_who_called_gets_a_line_when_the_community_blocks_the_answer"],
    21: ["tests/write/test_writer.py::test_21_nobody_is_seen_to_write_for_more_than_a_minute",
         "tests/write/test_writer.py::test_21_who_may_still_pass_is_not_seen_to_write",
         "tests/write/test_writer.py::test_typing_ends_however_the_writing_ends"],
    22: ["tests/live/test_deleted_calls.py::test_a_call_that_is_deleted_while_a_model_writes_counts",
         "tests/live/test_edit_calls.py::test_a_call_that_is_edited_after_its_answer_gets_no_second_one"],
    23: ["tests/write/test_writer.py::test_one_line_in_a_while_for_a_room_then_only_a_sign",
         "tests/write/test_writer.py::test_who_called_hears_what_the_trouble_is_and_never_the_providers_words"],
    25: ["test_decides.py::test_25_a_thread_and_a_post_have_their_rooms_rule"],
    28: ["test_arrivals.py::test_28_invited_while_we_run_we_say_one_word",
         "test_arrivals.py::test_28_after_a_crash_at_the_worst_moment_it_is_there_once",
         "test_invite.py::test_28_the_integer_is_the_sum_of_the_named_permissions"],
    32: ["test_gateway.py::test_edits_and_deletions_are_heard_without_any_cache",
         "test_behaviour.py::test_a_bulk_deletion_is_many_deletions"],
    33: ["tests/write/test_writer.py::test_a_lie_is_neither_previewed_nor_said"],
}  # fmt: skip


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("number", HELD)
def test_each_must_have_is_held_by_tests_that_exist(number: int) -> None:
    for name in HELD[number]:
        path, _, test = name.partition("::")
        assert test in names_in(path if "/" in path else f"{HERE}/{path}"), name
