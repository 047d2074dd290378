"""The use cases that look back: history, proofs, rebuilding."""

from collections.abc import Callable, Sequence
from functools import cached_property
from io import BytesIO
from pathlib import Path

from application.audit import ExplainFile, ReadHistory, ReadPastFiles
from application.checkpoints import Checkpoints, CheckpointWitness
from application.compare import CompareFiles
from application.fsck import Fsck
from application.looks import RecordLook
from application.operators import AuditSpending, AuditUser
from application.ports.checkpoints import Note
from application.prove import Prove
from application.provenance import TraceFile
from application.replay import ReplayLedger
from application.verify import VerifyLedger
from infrastructure.checkpoints.folder import FolderNoteKeeper, read_note
from infrastructure.checkpoints.notes import KeyFileNotary, VerifierKey
from infrastructure.files import copy_out
from infrastructure.journal.journal import FolderJournal
from infrastructure.journal.restoring import JournalRestorer
from infrastructure.ledger.factory import create_new_ledger
from interfaces.wiring.serving import Serving


class Auditing(Serving):
    """What happened, and the proof of it."""

    @cached_property
    def history(self) -> ReadHistory:
        """Read the audit trail."""
        return ReadHistory(self.store)

    @cached_property
    def audit_spending(self) -> AuditSpending:
        """See what another user spends, which is recorded there."""
        return AuditSpending(self.operators, self.spending, self.look)

    @cached_property
    def audit(self) -> AuditUser:
        """Read another user's history, which is recorded there."""
        return AuditUser(self.operators, self.history, self.look)

    @cached_property
    def look(self) -> RecordLook:
        """Tell users who looked at what is theirs."""
        return RecordLook(self.store, self.ledgers)

    @cached_property
    def past_files(self) -> ReadPastFiles:
        """Read the list as it was."""
        return ReadPastFiles(self.store, self.policy)

    @cached_property
    def why(self) -> ExplainFile:
        """Explain why a file is there or gone."""
        return ExplainFile(self.store)

    @cached_property
    def compare(self) -> CompareFiles:
        """Compare two past lists."""
        return CompareFiles(self.past_files)

    @cached_property
    def trace(self) -> TraceFile:
        """Follow a file's bytes through runs."""
        return TraceFile(self.store)

    @cached_property
    def replay(self) -> ReplayLedger:
        """Rebuild the views."""
        return ReplayLedger(self.store, self.views)

    @cached_property
    def verify(self) -> VerifyLedger:
        """Check that what is stored is what was written."""
        kept = self._checkpoint_witness(self._notes.notes, self._notary())
        return VerifyLedger(self.store, self.blobs, [self.journal, kept])

    @cached_property
    def fsck(self) -> Fsck:
        """Hold the disk against the ledger."""
        return Fsck(self.store, self.ledgers, self.blobs)

    def witness(self, checkpoints: Sequence[Path], verifier_keys: Sequence[str] = ()) -> CheckpointWitness:
        """Return what checkpoints that were kept elsewhere say, checked with `verifier_keys` if given.

        Raises:
            InvalidValueError, EnvironmentFaultError: a file or key cannot be used.
        """
        notes = [read_note(path) for path in checkpoints]
        return self._checkpoint_witness(lambda: notes, self._notary(verifier_keys))

    def _checkpoint_witness(
        self, notes: Callable[[], Sequence[Note]], notary: KeyFileNotary
    ) -> CheckpointWitness:
        sources = {"database": self.store.digests, "journal": self.journal.digests}
        return CheckpointWitness(notes, notary, sources)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Sign what the ledger holds."""
        return Checkpoints(self.journal, self._notes, self._notary(), self.clock)

    @cached_property
    def prove(self) -> Prove:
        """Prove by checkpoints that an event is in the ledger, or that one goes on from the other."""
        return Prove(self.journal, self.checkpoints)

    @cached_property
    def restore(self) -> JournalRestorer:
        """Build the ledger from a journal."""
        ledger = create_new_ledger(self._ledger_url, self._ledger_file, self._keys)
        return JournalRestorer(ledger, self.data_dir / "journal", self._keys)

    @cached_property
    def journal(self) -> FolderJournal:
        """The stored events once more, in files."""
        return FolderJournal(self.data_dir / "journal", self.store, self.clock)

    @property
    def _checkpoint_folder(self) -> Path:
        return self.data_dir / "checkpoints"

    @cached_property
    def _notes(self) -> FolderNoteKeeper:
        return FolderNoteKeeper(self._checkpoint_folder)

    def _notary(self, verifier_keys: Sequence[str] = ()) -> KeyFileNotary:
        folder = self._checkpoint_folder
        key_file = self.settings.checkpoint_key_file or folder / "signing.key"
        trusted = [VerifierKey.parse(key) for key in verifier_keys]
        return KeyFileNotary(key_file, folder / "verifier.key", trusted)

    def save_note(self, note: Note, target: Path) -> Path:
        """Copy a checkpoint's note to a path, or into a folder under its own name; return where it went."""
        return copy_out(BytesIO(note.text.encode()), target, Path(note.where).name)
