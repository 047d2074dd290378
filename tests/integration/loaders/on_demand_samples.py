"""Files whose loaders come as packages: how the library writes one, and what must be seen in the object.

`write` is Python that leaves files in the working folder; it runs where the loaders run, with the same
packages. `look` and `seen` are as in `samples.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from tests.integration.loaders.samples import Sample, alike

TABLE = "it.astype(object).where(it.notna(), None).values.tolist()"
RIVERS = [["Loire", 1006], ["Gard", 127]]
_FRAME = "import pandas as pd\ndf = pd.DataFrame({'Fleuve': ['Loire', 'Gard'], 'km': [1006, 127]})\n"
_RECORDS = "[(each.id, str(each.seq)) for each in it]"
_SEQUENCES = [["alpha", "ACGTAC"], ["beta", "ACGTTC"]]
_BIO = """
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord
def record(name, letters):
    made = SeqRecord(Seq(letters), id=name, name=name, description='', annotations={'molecule_type': 'DNA'})
    made.letter_annotations['phred_quality'] = [30] * len(letters)
    return made
records = [record('alpha', 'ACGTAC'), record('beta', 'ACGTTC')]
"""
_ATOMS = "it.get_chemical_symbols(), it.positions.round(3).tolist()"
_WATER = [["O", "H"], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.95]]]


@dataclass(frozen=True)
class Family:
    """Samples that one run writes and another loads; `needs` are the modules that come as packages."""

    needs: Sequence[str]
    write: str
    samples: Sequence[Sample]


def _family(needs: str, write: str, *samples: Sample | Iterable[Sample]) -> Family:
    flat = chain.from_iterable([each] if isinstance(each, Sample) else each for each in samples)
    return Family(needs.split(), write, tuple(flat))


FAMILIES: Sequence[Family] = (
    _family(
        "numbers_parser",
        """
from numbers_parser import Document
table = Document().sheets[0].tables[0]
book = Document(num_rows=3, num_cols=2)
for row, cells in enumerate([['Fleuve', 'km'], ['Loire', 1006], ['Gard', 127]]):
    for column, cell in enumerate(cells):
        book.sheets[0].tables[0].write(row, column, cell)
book.save('rivers.numbers')
""",
        Sample("rivers.numbers", "numbers-parser", TABLE, RIVERS),
    ),
    _family(
        "hjson",
        "import hjson\nopen('a.hjson', 'w').write(hjson.dumps({'ville': 'Orléans', 'n': [1]}))",
        Sample("a.hjson", "hjson", "it", {"ville": "Orléans", "n": [1]}),
    ),
    _family(
        "bson",
        "import bson\nopen('a.bson', 'wb').write(b''.join(map(bson.encode, [{'a': 'é'}, {'a': 'b'}])))",
        Sample("a.bson", "pymongo", "it.a.tolist()", ["é", "b"]),
    ),
    _family(
        "amazon",
        """
from amazon.ion import simpleion
value = {'ville': 'Orléans', 'n': [1, 2]}
open('a.ion', 'wb').write(simpleion.dumps(value))
open('text.ion', 'w').write(simpleion.dumps(value, binary=False))
""",
        alike(
            "a.ion text.ion", "amazon.ion", "str(it['ville']), [int(n) for n in it['n']]", ["Orléans", [1, 2]]
        ),
    ),
    _family(
        "pyhocon",
        """
import pyhocon
tree = pyhocon.ConfigFactory.from_dict({'station': {'ville': 'Orléans', 'n': 7}})
open('a.hocon', 'w').write(pyhocon.HOCONConverter.to_hocon(tree))
""",
        Sample("a.hocon", "pyhocon", "it['station']['ville'], it['station']['n']", ["Orléans", 7]),
    ),
    _family(
        "hcl2",
        """
import hcl2
for extension in ('hcl', 'tf', 'tfvars'):
    open(f'a.{extension}', 'w').write('region = "eu"\\nstation "loire" {\\n  n = 7\\n}\\n')
""",
        alike(
            "a.hcl a.tf a.tfvars",
            "Terraform's own syntax",
            "'eu' in it['region'], 'loire' in str(it['station'])",
            [True, True],
        ),
    ),
    _family(
        "duckdb",
        f"""{_FRAME}
import duckdb
for name in ('rivers.duckdb', 'rivers.ddb', 'again.duckdb'):
    with duckdb.connect(name) as database:
        database.execute('CREATE TABLE fleuves AS SELECT * FROM df')
""",
        alike("rivers.duckdb rivers.ddb", "duckdb", TABLE, RIVERS),
        Sample(
            "again.duckdb",
            "duckdb",
            "['read-only' in problem(query='DELETE FROM fleuves'),"
            """ 'disabled' in problem(query="SELECT * FROM read_text('/etc/passwd')"),"""
            """ 'disabled' in problem(query="COPY fleuves TO 'out.csv'"),"""
            """ 'disabled' in problem(query="ATTACH 'other.duckdb'")]""",
            [True] * 4,
        ),
    ),
    _family(
        "fastavro",
        """
import fastavro
fields = [{'name': 'Fleuve', 'type': 'string'}, {'name': 'km', 'type': ['null', 'long']}]
with open('rivers.avro', 'wb') as file:
    fastavro.writer(file, {'type': 'record', 'name': 'r', 'fields': fields},
                    [{'Fleuve': 'Loire', 'km': 1006}, {'Fleuve': 'Gard', 'km': 127}])
""",
        Sample("rivers.avro", "fastavro", TABLE, RIVERS),
    ),
    _family(
        "pyreadr",
        f"""{_FRAME}
import pyreadr
pyreadr.write_rds('rivers.rds', df)
pyreadr.write_rds('packed.rds', df, compress='gzip')
for name in ('rivers.rda', 'rivers.rdata'):
    pyreadr.write_rdata(name, df, df_name='fleuves')
""",
        alike("rivers.rds packed.rds rivers.rda rivers.rdata", "pyreadr", TABLE, RIVERS),
    ),
    _family(
        "zarr",
        """
import warnings
import zarr
warnings.simplefilter('ignore')
with zarr.storage.ZipStore('grid.zarr.zip', mode='w') as store:
    zarr.create_group(store=store).create_array('t', data=__import__('numpy').arange(6.0).reshape(2, 3))
""",
        Sample("grid.zarr.zip", "zarr", "it['t'][:].tolist()", [[0, 1, 2], [3, 4, 5]]),
    ),
    _family(
        "cdflib",
        """
import numpy, xarray
from cdflib.xarray import xarray_to_cdf
xarray_to_cdf(xarray.Dataset({'t': ('record0', numpy.array([1.5, 3.0]))}), 'grid.cdf', istp=False)
""",
        Sample("grid.cdf", "cdflib", "it['t'].tolist()", [1.5, 3.0]),
    ),
    _family(
        "astropy",
        """
import numpy as np
from astropy.io import fits
from astropy.table import Table
import astropy.units as u
for name in ('sky.fits', 'sky.fit', 'sky.fts'):
    fits.PrimaryHDU(np.arange(6.0).reshape(2, 3)).writeto(name)
Table({'ville': ['Orléans'], 't': [12.5] * u.K}).write('t.ecsv')
""",
        alike("sky.fits sky.fit sky.fts", "astropy", "it[0].data.tolist()", [[0, 1, 2], [3, 4, 5]]),
        Sample(
            "t.ecsv", "astropy", "it.values.tolist(), it.attrs['units']", [[["Orléans", 12.5]], {"t": "K"}]
        ),
    ),
    _family(
        "nibabel",
        """
import nibabel, numpy as np
image = nibabel.Nifti1Image(np.arange(8, dtype='int16').reshape(2, 2, 2), np.eye(4))
nibabel.save(image, 'brain.nii')
nibabel.save(image, 'brain.nii.gz')
surface = nibabel.gifti.GiftiImage(darrays=[nibabel.gifti.GiftiDataArray(np.ones((3, 2), dtype='float32'))])
nibabel.save(surface, 'brain.gii')
""",
        alike("brain.nii brain.nii.gz", "nibabel", "it.shape, it.get_fdata().sum()", [[2, 2, 2], 28.0]),
        Sample("brain.gii", "nibabel", "it.darrays[0].data.tolist()", [[1, 1]] * 3),
    ),
    _family(
        "pydicom",
        """
import shutil
from pydicom.data import get_testdata_file
for extension in ('dcm', 'dicom'):
    shutil.copyfile(get_testdata_file('CT_small.dcm'), f'scan.{extension}')
""",
        alike(
            "scan.dcm scan.dicom",
            "a scanner; shipped with pydicom",
            "it.Modality, it.pixel_array.shape",
            ["CT", [128, 128]],
        ),
    ),
    _family(
        "cfgrib",
        """
import pyproj
import cfgrib
import eccodes
for edition in (1, 2):
    message = eccodes.codes_grib_new_from_samples(f'regular_ll_sfc_grib{edition}')
    eccodes.codes_set_values(message, [280.0] * eccodes.codes_get_size(message, 'values'))
    for extension in {1: ('grib', 'grb'), 2: ('grib2', 'grb2')}[edition]:
        with open(f'sky.{extension}', 'wb') as file:
            eccodes.codes_write(message, file)
""",
        alike(
            "sky.grib sky.grb sky.grib2 sky.grb2",
            "eccodes",
            # pyproj still answers: it ends the process when eccodes was imported before it
            "[round(float(v.mean())) for v in it.data_vars.values()], __import__('pyproj').CRS(4326).name",
            [[280], "WGS 84"],
        ),
    ),
    _family(
        "pyedflib",
        """
import numpy as np
from pyedflib import highlevel
for extension, kind in (('edf', 1), ('bdf', 3)):
    headers = highlevel.make_signal_headers(['Fp1', 'C3'], sample_frequency=100, physical_min=-10, physical_max=10)
    highlevel.write_edf(f'sleep.{extension}', [np.linspace(-1, 1, 200)] * 2, headers, file_type=kind)
""",
        alike(
            "sleep.edf sleep.bdf",
            "pyedflib",
            "[c['label'] for c in it.channels], len(it.signals[0])",
            [["Fp1", "C3"], 200],
        ),
    ),
    _family(
        "nptdms",
        """
import numpy as np
from nptdms import ChannelObject, TdmsWriter
with TdmsWriter('run.tdms') as writer:
    writer.write_segment([ChannelObject('essai', 'température', np.array([12.5, 13.0]))])
""",
        Sample("run.tdms", "nptdms", "it['température'].tolist()", [12.5, 13.0]),
    ),
    _family(
        "obspy",
        """
import numpy as np
import obspy
trace = obspy.Trace(np.arange(5, dtype='int32'), {'station': 'ORL', 'sampling_rate': 2.0})
for name in ('quake.mseed', 'quake.miniseed'):
    obspy.Stream([trace]).write(name, format='MSEED')
trace.data = trace.data.astype('float32')
trace.write('quake.sac', format='SAC')
""",
        alike(
            "quake.mseed quake.miniseed quake.sac",
            "obspy",
            "it[0].stats.station, it[0].data.tolist()",
            ["ORL", [0, 1, 2, 3, 4]],
        ),
    ),
    _family(
        "uproot",
        """
import numpy as np
import uproot
with uproot.recreate('events.root') as file:
    file.mktree('t', {'x': 'float64', 'n': 'int32'})
    file['t'].extend({'x': np.array([1.5, 2.5]), 'n': np.array([1, 2], dtype='int32')})
""",
        Sample("events.root", "uproot", "it.x.tolist(), it.n.tolist()", [[1.5, 2.5], [1, 2]]),
    ),
    _family(
        "asammdf",
        """
import numpy as np
from asammdf import MDF, Signal
with MDF() as file:
    file.append([Signal(np.array([12.5, 13.0]), np.array([0.0, 1.0]), name='Température')])
    file.save('car.mf4')
""",
        Sample("car.mf4", "asammdf", "it['Température'].tolist()", [12.5, 13.0]),
    ),
    _family(
        "onnx",
        """
from onnx import TensorProto, helper, save
side = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in 'xy']
graph = helper.make_graph([helper.make_node('Relu', ['x'], ['y'])], 'g', side[:1], side[1:])
save(helper.make_model(graph), 'model.onnx')
""",
        Sample("model.onnx", "onnx", "it.graph.node[0].op_type", "Relu"),
    ),
    _family(
        "gguf",
        """
import numpy as np
import gguf
writer = gguf.GGUFWriter('model.gguf', 'llama')
writer.add_tensor('w', np.ones((2, 3), dtype='float32'))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
""",
        Sample("model.gguf", "gguf", "it.tensors[0].name, it.tensors[0].data.sum()", ["w", 6.0]),
    ),
    _family(
        "skops",
        """
import skops.io
from sklearn.linear_model import LinearRegression
skops.io.dump(LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]), 'model.skops')
""",
        Sample("model.skops", "skops", "round(float(it.predict([[2.0]])[0]), 6)", 5.0),
    ),
    _family(
        "rasterio",
        """
import numpy as np
import rasterio
from rasterio.transform import from_origin
grid = np.array([[1.0, 2.0], [-9.0, 4.0]], dtype='float32')
shape = {'width': 2, 'height': 2, 'count': 1, 'dtype': 'float32', 'nodata': -9.0}
where = {'crs': 'EPSG:4326', 'transform': from_origin(1, 48, 1, 1)}
for name, driver in (('map.tif', 'GTiff'), ('map.asc', 'AAIGrid')):
    with rasterio.open(name, 'w', driver=driver, **shape, **where) as file:
        file.write(grid, 1)
""",
        Sample(
            "map.tif",
            "rasterio",
            "it.bands.sum(), it.profile['crs'].to_epsg(), it.bands.shape",
            [7.0, 4326, [1, 2, 2]],
        ),
        Sample("map.asc", "rasterio", "it.bands.sum(), it.profile['transform'][2]", [7.0, 1.0]),
    ),
    _family(
        "laspy lazrs",
        """
import laspy
import lazrs
import numpy as np
cloud = laspy.create()
cloud.x, cloud.y, cloud.z = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, 6.0])
cloud.write('cloud.las')
cloud.write('cloud.laz')
""",
        alike("cloud.las cloud.laz", "laspy", "len(it), list(it.z)", [2, [5.0, 6.0]]),
    ),
    _family(
        "pydot",
        """
import networkx as nx
import pydot
for name in ('g.dot', 'g.gv'):
    nx.nx_pydot.write_dot(nx.Graph([('Gard', 'Loire')]), name)
""",
        alike("g.dot g.gv", "networkx and pydot", "sorted(map(str, it.nodes))", ["Gard", "Loire"]),
    ),
    _family(
        "pysam",
        """
import pysam
header = {'HD': {'VN': '1.6'}, 'SQ': [{'SN': 'chr1', 'LN': 100}]}
for extension, mode in (('bam', 'wb'), ('sam', 'w'), ('cram', 'wc')):
    how = {'format_options': [b'no_ref=1']} if mode == 'wc' else {}
    with pysam.AlignmentFile(f'reads.{extension}', mode, header=header, **how) as file:
        read = pysam.AlignedSegment(file.header)
        read.query_name, read.query_sequence, read.flag = 'r1', 'ACGT', 0
        read.reference_id, read.reference_start, read.cigarstring = 0, 9, '4M'
        file.write(read)
head = pysam.VariantHeader()
head.contigs.add('chr1', length=100)
head.add_meta('FORMAT', items=[('ID', 'GT'), ('Number', 1), ('Type', 'String'), ('Description', 'é')])
head.add_sample('anna')
for extension, mode in (('vcf', 'w'), ('bcf', 'wb'), ('vcf.gz', 'wz')):
    with pysam.VariantFile(f'v.{extension}', mode, header=head) as file:
        record = file.new_record(contig='chr1', start=9, alleles=('A', 'T'), id='rs1')
        record.samples['anna']['GT'] = (0, 1)
        file.write(record)
""",
        alike(
            "reads.bam reads.sam reads.cram",
            "pysam",
            "it.loc[0, ['name', 'reference', 'position', 'cigar', 'sequence']].tolist()",
            [
                "r1",
                "chr1",
                9,
                "4M",
                "ACGT",
            ],
        ),
        alike(
            "v.vcf v.bcf v.vcf.gz",
            "pysam",
            "it.loc[0, ['chrom', 'pos', 'id', 'ref', 'alt', 'anna']].tolist()",
            [
                "chr1",
                10,
                "rs1",
                "A",
                "T",
                "0/1",
            ],
        ),
    ),
    _family(
        "Bio",
        _BIO
        + """
forms = {'fasta': 'fasta fa fna faa ffn frn', 'fastq': 'fastq fq', 'genbank': 'gb gbk genbank', 'embl': 'embl',
         'clustal': 'aln clustal', 'nexus': 'nex nexus', 'phylip-relaxed': 'phy phylip', 'stockholm': 'sto stk stockholm'}
for form, extensions in forms.items():
    for extension in extensions.split():
        SeqIO.write(records, f's.{extension}', form)
from Bio import Phylo
import io
tree = Phylo.read(io.StringIO('((alpha:1,beta:2):1,gamma:3);'), 'newick')
for extension in 'nwk newick tre tree'.split():
    Phylo.write(tree, f't.{extension}', 'newick')
""",
        alike(
            "s.fasta s.fa s.fna s.faa s.ffn s.frn s.fastq s.fq s.gb s.gbk s.genbank s.aln s.clustal s.nex "
            "s.nexus s.phy s.phylip s.sto s.stk s.stockholm s.embl",
            "Biopython",
            _RECORDS.replace("each.id", "each.id.partition('.')[0]"),
            _SEQUENCES,
        ),
        alike(
            "t.nwk t.newick t.tre t.tree",
            "Biopython",
            "sorted(leaf.name for leaf in it.get_terminals())",
            [
                "alpha",
                "beta",
                "gamma",
            ],
        ),
    ),
    _family(
        "ase",
        """
import ase, ase.io
water = ase.Atoms('OH', [[0, 0, 0], [0, 0, 0.95]], cell=[5, 5, 5])
for name, form in (('w.xyz', 'extxyz'), ('w.extxyz', 'extxyz'), ('w.poscar', 'vasp'), ('w.vasp', 'vasp'), ('w.traj', 'traj')):
    ase.io.write(name, water, format=form)
import numpy
ase.io.write('w.cube', water, format='cube', data=numpy.zeros((2, 2, 2)))
""",
        alike("w.xyz w.extxyz w.poscar w.vasp w.traj w.cube", "ase", _ATOMS, _WATER),
    ),
    _family(
        "gemmi",
        """
import gemmi
structure = gemmi.Structure()
structure.name = 'WATR'
model = gemmi.Model(1)
chain = gemmi.Chain('A')
residue = gemmi.Residue()
residue.name, residue.seqid = 'HOH', gemmi.SeqId('1')
atom = gemmi.Atom()
atom.name, atom.element, atom.pos = 'O', gemmi.Element('O'), gemmi.Position(1, 2, 3)
residue.add_atom(atom)
chain.add_residue(residue)
model.add_chain(chain)
structure.add_model(model)
for name in ('w.pdb', 'w.ent'):
    open(name, 'w').write(structure.make_pdb_string())
for name in ('mm.cif', 'mm.mmcif'):
    structure.make_mmcif_document().write_file(name)
document = gemmi.cif.Document()
document.add_new_block('nacl').set_pair('_cell_length_a', '5.64')
document.write_file('small.cif')
""",
        alike(
            "w.pdb w.ent mm.cif mm.mmcif",
            "gemmi",
            "it[0][0][0][0].name, list(it[0][0][0][0].pos)",
            ["O", [1, 2, 3]],
        ),
        Sample("small.cif", "gemmi", "it.sole_block().find_value('_cell_length_a')", "5.64"),
    ),
    _family(
        "rdkit",
        """
from rdkit import Chem
ethanol = Chem.MolFromSmiles('CCO')
ethanol.SetProp('_Name', 'ethanol')
open('e.mol', 'w').write(Chem.MolToMolBlock(ethanol))
with Chem.SDWriter('e.sdf') as writer:
    writer.write(ethanol)
for name in ('e.smi', 'e.smiles'):
    writer = Chem.SmilesWriter(name)
    writer.write(ethanol)
    writer.close()
""",
        Sample("e.mol", "RDKit", "it.GetNumAtoms()", 3),
        alike(
            "e.sdf e.smi e.smiles",
            "RDKit",
            "[(m.GetProp('_Name'), m.GetNumAtoms()) for m in it]",
            [["ethanol", 3]],
        ),
    ),
    _family(
        "meshio",
        """
import meshio
mesh = meshio.Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], {'triangle': [[0, 1, 2]]})
for name in ('m.vtk', 'm.vtu'):
    mesh.write(name)
mesh.write('m.msh', file_format='gmsh')
meshio.write('text.vtk', mesh, file_format='vtk', binary=False)
""",
        alike(
            "m.vtk text.vtk m.vtu m.msh",
            "meshio",
            "it.points.shape, it.cells[0].data.tolist()",
            [[3, 3], [[0, 1, 2]]],
        ),
    ),
    _family(
        "trimesh",
        """
import trimesh
box = trimesh.creation.box()
for extension in ('glb', 'obj', 'off', 'ply', 'stl'):
    box.export(f'box.{extension}')
box.export('box.3mf')
box.export('text.ply', encoding='ascii')
open('text.stl', 'w').write(box.export(file_type='stl_ascii'))
import json
from trimesh.exchange.gltf import export_gltf
files = export_gltf(trimesh.Scene(box), embed_buffers=True)
open('box.gltf', 'wb').write(files['model.gltf'])
""",
        alike("box.glb box.gltf box.3mf", "trimesh", "len(it.geometry), round(it.area, 3)", [1, 6.0]),
        alike(
            "box.obj box.off box.ply box.stl text.ply text.stl",
            "trimesh",
            "round(it.area, 3), len(it.faces)",
            [6.0, 12],
        ),
    ),
    _family(
        "pillow_heif",
        """
import pillow_heif
from PIL import Image
pillow_heif.register_heif_opener()
for name in ('red.heic', 'red.heif'):
    Image.new('RGB', (64, 48), (255, 0, 0)).save(name, format='HEIF')
""",
        alike("red.heic red.heif", "pillow-heif", "it.size, it.getpixel((9, 9))[0] > 240", [[64, 48], True]),
    ),
    _family(
        "ebooklib",
        """
from ebooklib import epub
book = epub.EpubBook()
book.set_identifier('id')
book.set_title('Les fleuves')
chapter = epub.EpubHtml(title='Un', file_name='un.xhtml')
chapter.content = '<h1>La Loire</h1><p>Orléans</p>'
book.add_item(chapter)
book.spine = [chapter]
book.add_item(epub.EpubNcx())
epub.write_epub('book.epub', book)
""",
        Sample("book.epub", "ebooklib", "it['un.xhtml'].splitlines()[-2:]", ["La Loire", "Orléans"]),
    ),
    _family(
        "vobject",
        """
import vobject
card = vobject.vCard()
card.add('fn').value = 'Anaïs Gard'
card.add('n').value = vobject.vcard.Name(family='Gard', given='Anaïs')
for name in ('anna.vcf', 'anna.vcard'):
    open(name, 'w').write(card.serialize())
""",
        alike("anna.vcf anna.vcard", "vobject", "[each.fn.value for each in it]", ["Anaïs Gard"]),
    ),
    _family(
        "bibtexparser",
        """
import bibtexparser
from bibtexparser.model import Entry, Field
entry = Entry('book', 'gard', [Field('title', 'Les fleuves'), Field('year', '2024')])
bibtexparser.write_file('a.bib', bibtexparser.Library([entry]))
""",
        Sample(
            "a.bib",
            "bibtexparser",
            "it",
            [{"ENTRYTYPE": "book", "ID": "gard", "title": "Les fleuves", "year": "2024"}],
        ),
    ),
    _family(
        "polib",
        """
import polib
catalogue = polib.POFile()
catalogue.metadata = {'Content-Type': 'text/plain; charset=utf-8'}
catalogue.append(polib.POEntry(msgid='summer', msgstr='été'))
for name in ('fr.po', 'fr.pot'):
    catalogue.save(name)
catalogue.save_as_mofile('fr.mo')
""",
        alike(
            "fr.po fr.pot fr.mo", "polib", "[(each.msgid, each.msgstr) for each in it]", [["summer", "été"]]
        ),
    ),
    _family(
        "chess",
        """
import chess.pgn
game = chess.pgn.Game()
game.headers['Event'] = 'Orléans'
game.add_variation(chess.Move.from_uci('e2e4'))
open('game.pgn', 'w').write(str(game) + '\\n\\n' + str(game))
""",
        Sample(
            "game.pgn",
            "chess",
            "[(each.headers['Event'], str(each.next().move)) for each in it]",
            [["Orléans", "e2e4"]] * 2,
        ),
    ),
    _family(
        "av",
        """
import av
import numpy as np
def film(name, codec, pixels='yuv420p', container=None):
    with av.open(name, 'w', format=container) as file:
        stream = file.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        for n in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 50 * n, dtype='uint8'), format='rgb24')
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
for extension in ('mp4', 'mov', 'm4v', 'avi', 'mkv', '3gp'):
    film(f'film.{extension}', 'mpeg4', container={'m4v': 'mp4', 'mkv': 'matroska'}.get(extension))
for name in ('film.mpg', 'film.mpeg'):
    film(name, 'mpeg1video', container='mpeg')
film('film.webm', 'libvpx')
film('film.flv', 'flv1')
for name in ('film.wmv', 'film.asf'):
    film(name, 'wmv2', container='asf')
def tone(name, codec, container=None, rate=44100):
    with av.open(name, 'w', format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout='mono')
        stream.bit_rate = 64_000
        wave = (0.5 * np.sin(np.arange(4096) * 2 * np.pi * 440 / rate)).astype('float32')[None]
        frame = av.AudioFrame.from_ndarray(wave, format='fltp', layout='mono')
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        resampler = av.AudioResampler(format=stream.format, layout='mono', rate=rate, frame_size=stream.frame_size or 1024)
        for each in resampler.resample(frame):
            file.mux(stream.encode(each))
        file.mux(stream.encode(None))
tone('tone.aac', 'aac', 'adts')
for name in ('tone.m4a', 'tone.m4b'):
    tone(name, 'aac', 'ipod')
tone('tone.wma', 'wmav2', 'asf')
tone('tone.mka', 'aac', 'matroska')
""",
        alike(
            "film.mp4 film.mov film.m4v film.avi film.mkv film.3gp film.mpg film.mpeg film.webm film.flv film.wmv film.asf",
            "ffmpeg",
            "it.streams.video[0].width, len(list(it.decode(video=0))) >= 4",
            [64, True],
        ),
        alike(
            "tone.aac tone.m4a tone.m4b tone.wma tone.mka",
            "ffmpeg",
            "it.sample_rate_hz, 0.3 < abs(it.samples).max() < 0.7",
            [44100, True],
        ),
    ),
    _family(
        "mido",
        """
import mido
song = mido.MidiFile()
track = mido.MidiTrack([mido.Message('note_on', note=64, time=32)])
song.tracks.append(track)
for name in ('song.mid', 'song.midi'):
    song.save(name)
""",
        alike("song.mid song.midi", "mido", "it.tracks[0][0].note", 64),
    ),
    _family(
        "dpkt",
        """
import dpkt
for extension, made in (('pcap', dpkt.pcap.Writer), ('cap', dpkt.pcap.Writer), ('pcapng', dpkt.pcapng.Writer)):
    with open(f'net.{extension}', 'wb') as file:
        made(file).writepkt(b'\\x00' * 20, ts=1700000000.5)
""",
        alike(
            "net.pcap net.pcapng net.cap", "dpkt", "len(it), len(it[0][1]), it[0][0]", [1, 20, 1700000000.5]
        ),
    ),
    _family(
        "extract_msg",
        "",  # what nothing in the sandbox writes: it lies in tests/fixtures/files
        Sample(
            "level.msg",
            "msgforge 1.0.0",
            "it.subject, it.body.strip(), it.to, [each.longFilename for each in it.attachments]",
            [
                "Pegel der Loire \u2013 März",
                "Der Pegel in Orléans steigt.",
                "Alice <alice@example.com>",
                ["pegel.csv"],
            ],
        ),
    ),
    _family(
        "polars",
        f"{_FRAME}df.to_csv('forms.csv', index=False)",
        Sample(
            "forms.csv",
            "pandas",
            "str(type(load_file('forms.csv', as_='polars'))), load_file('forms.csv', as_='polars').rows()",
            ["<class 'polars.dataframe.frame.DataFrame'>", RIVERS],
        ),
    ),
    _family(
        "rars",
        """
import rars
one = rars.RarBuilder()
one.add_bytes('Fleuve,km\\nLoire,1006\\nGard,127\\n'.encode(), 'rivers.csv')
one.write('rivers.rar')
secret = rars.RarBuilder(password='x')
secret.add_bytes(b'a', 'a.csv')
secret.write('secret.rar')
bomb = rars.RarBuilder()
bomb.add_bytes(bytes(70 << 20), 'a.csv')
bomb.write('bomb.rar')
""",
        Sample("rivers.rar", "rars", TABLE, RIVERS),
        Sample("secret.rar", "rars", "'protected by a password' in problem()", seen=True),
        Sample("bomb.rar", "rars", "'looks like a bomb' in problem()", seen=True),
    ),
    _family(
        "py7zr",
        f"""{_FRAME}
import py7zr
df.to_csv('rivers.csv', index=False)
open('a.txt', 'w').write('é')
with py7zr.SevenZipFile('rivers.7z', 'w') as archive:
    archive.write('rivers.csv')
with py7zr.SevenZipFile('two.7z', 'w') as archive:
    archive.write('rivers.csv')
    archive.write('a.txt', 'b/a.txt')
    archive.write('a.txt', 'c.txt')
import os
os.remove('rivers.csv'), os.remove('a.txt')
""",
        Sample("rivers.7z", "py7zr", TABLE, RIVERS),
        Sample("two.7z", "py7zr", TABLE, RIVERS),
    ),
)

ON_DEMAND_SAMPLES: Sequence[Sample] = tuple(chain.from_iterable(family.samples for family in FAMILIES))
