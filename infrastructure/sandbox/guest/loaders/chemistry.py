"""Molecules and crystals, by libraries that come as packages."""

import io
from typing import Any

from loaders.errors import refuse
from loaders.registry import Options
from loaders.source import Source

_FORMATS = {"XYZ": "extxyz", "Cube": "cube", "POSCAR": "vasp", "ASE trajectory": "traj"}


def load_atoms(source: Source, options: Options) -> Any:
    """Return the atoms; of several steps the last, or those that `index` names."""
    import ase.io  # noqa: PLC0415 - it comes as a package

    index = options.pop("index", None)
    refuse(options)
    form = _FORMATS[source.kind.file_type]
    if form == "traj":
        with source.temporary_copy(".traj") as path:
            return ase.io.read(path, index=index, format=form)
    return ase.io.read(io.StringIO(source.text()), index=index, format=form)


def load_cif(source: Source, options: Options) -> Any:
    """Return the document of a CIF file."""
    import gemmi  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return gemmi.cif.read_string(source.text())


def load_macromolecule(source: Source, options: Options) -> Any:
    """Return the structure of a protein or another large molecule."""
    import gemmi  # noqa: PLC0415 - it comes as a package

    refuse(options)
    if source.kind.file_type == "PDB":
        return gemmi.read_pdb_string(source.text())
    return gemmi.make_structure_from_block(gemmi.cif.read_string(source.text())[0])


def load_mol(source: Source, options: Options) -> Any:
    """Return the molecule."""
    from rdkit import Chem  # noqa: PLC0415 - it comes as a package

    refuse(options)
    molecule = Chem.MolFromMolBlock(source.text())
    if molecule is None:
        msg = "it holds no molecule that makes chemical sense"
        raise ValueError(msg)
    return molecule


def load_sdf(source: Source, options: Options) -> list[Any]:
    """Return the molecules; None where one makes no chemical sense."""
    from rdkit import Chem  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.open() as stream:
        return list(Chem.ForwardSDMolSupplier(stream))


def load_smiles(source: Source, options: Options) -> list[Any]:
    """Return the molecules, a line each, named by what stands behind them."""
    from rdkit import Chem  # noqa: PLC0415 - it comes as a package

    refuse(options)
    supplier = Chem.SmilesMolSupplierFromText(source.text(), titleLine=_has_title(source.text()))
    return [molecule for molecule in supplier]  # noqa: C416 - its length, which list() asks for, goes to its end


def _has_title(text: str) -> bool:
    from rdkit import Chem, RDLogger  # noqa: PLC0415 - it comes as a package

    with_title = text.split(None, 1)[:1]
    RDLogger.DisableLog("rdApp.error")
    try:
        return bool(with_title) and Chem.MolFromSmiles(with_title[0]) is None
    finally:
        RDLogger.EnableLog("rdApp.error")
