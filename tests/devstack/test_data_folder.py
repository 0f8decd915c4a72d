"""The development data folder: private secrets, and what it remembers of the last run."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from saas.devstack.data_folder import DataFolder, fingerprint
from saas.devstack.process import CannotStart


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    made = DataFolder(tmp_path).secrets()
    assert DataFolder(tmp_path).secrets() == made
    assert len(set(made.values())) == len(made) == 4
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_database_counts_as_prepared_for_the_same_migrations_and_address_only(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    assert data.prepared_for() is None
    data.remember_prepared("digest", "postgresql://a")
    assert DataFolder(tmp_path).prepared_for() == ["digest", "postgresql://a"]


def test_the_fingerprint_changes_with_a_migration(tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "tenant" / "versions"
    versions.mkdir(parents=True)
    before = fingerprint(tmp_path)
    (versions / "0001.py").write_text("one")
    after = fingerprint(tmp_path)
    (versions / "0001.py").write_text("two")
    assert len({before, after, fingerprint(tmp_path)}) == 3


def test_a_first_start_that_was_cut_off_begins_anew_and_keeps_the_secrets(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    secrets = data.secrets()
    data.remember_prepared("digest", "postgresql://a")
    data.note_demo_begun()
    (data.redis / "appendonlydir").mkdir(parents=True)
    assert data.is_demo_unfinished()
    data.begin_anew()
    assert not data.is_demo_unfinished()
    assert data.prepared_for() is None
    assert not data.redis.exists()
    assert data.secrets() == secrets


def test_complete_demo_data_are_never_begun_anew(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    data.note_demo_begun()
    data.demo.write_text('[{"name": "Acme"}]')
    assert not data.is_demo_unfinished()
    assert data.logins() == [{"name": "Acme"}]


def test_a_file_in_place_of_the_folder_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(CannotStart, match="cannot be made"):
        DataFolder(tmp_path / "data")
