"""Arrays, models, maps, graphs, and the formats of the natural sciences."""

from domain.file_type_table.rows import Family, binary, entry, text

ARRAYS = (
    binary("MATLAB", Family.SCIENTIFIC, "matlab", ".mat", rb"MATLAB [57]\.\d MAT-file"),
    binary("MATLAB", Family.SCIENTIFIC, "matlab", ".mat"),  # version 4 has no signature
    binary("NetCDF", Family.SCIENTIFIC, "netcdf", ".nc .cdf", rb"CDF[\x01\x02\x05]"),
    binary("NetCDF", Family.SCIENTIFIC, "netcdf", ".nc .nc4 .netcdf .cdf", container="HDF5"),
    binary(
        "HDF5",
        Family.SCIENTIFIC,
        "hdf5",
        ".h5 .hdf5 .hdf .he5",
        rb"(.{512}|.{1024}|.{2048})?\x89HDF\r\n\x1a\n",
    ),
    binary("HDF4", Family.SCIENTIFIC, "bytes", ".hdf .h4", rb"\x0e\x03\x13\x01"),
    binary("NumPy array", Family.SCIENTIFIC, "npy", ".npy", rb"\x93NUMPY"),
    binary("NumPy archive", Family.SCIENTIFIC, "npz", ".npz", entry(rb"[^\x00]{1,99}\.npy"), "ZIP"),
    binary("Zarr", Family.SCIENTIFIC, "zarr", ".zarr.zip", container="ZIP"),
    text("Matrix Market", Family.SCIENTIFIC, "mtx", ".mtx", rb"%%MatrixMarket "),
    binary("CDF", Family.SCIENTIFIC, "cdf", ".cdf", rb"\xcd\xf3\x00\x01|\xcd\xf2\x60\x02"),
    binary("FITS", Family.SCIENTIFIC, "fits", ".fits .fit .fts", rb"SIMPLE  = "),
    text("ECSV", Family.SCIENTIFIC, "ecsv", ".ecsv", rb"# %ECSV "),
    binary("NIfTI", Family.SCIENTIFIC, "nibabel", ".nii", rb".{344}n[+i]1\x00"),
    binary("DICOM", Family.SCIENTIFIC, "dicom", ".dcm .dicom", rb".{128}DICM"),
    binary("GRIB", Family.SCIENTIFIC, "grib", ".grib .grib2 .grb .grb2", rb"GRIB.{3}[\x01\x02]"),
    binary("EDF", Family.SCIENTIFIC, "edf", ".edf", rb"0 {7}.{160}\d\d\.\d\d\.\d\d"),
    binary("BDF", Family.SCIENTIFIC, "edf", ".bdf", rb"\xffBIOSEMI"),
    binary("TDMS", Family.SCIENTIFIC, "tdms", ".tdms", rb"TDSm.{3}\x00"),
    binary("MiniSEED", Family.SCIENTIFIC, "seismic", ".mseed .miniseed", rb"\d{6}[DRQM][ \x00]|MS\x03"),
    binary("SAC", Family.SCIENTIFIC, "seismic", ".sac"),
    binary("ROOT", Family.SCIENTIFIC, "root", ".root", rb"root\x00\x00"),
    binary("MDF", Family.SCIENTIFIC, "mdf", ".mf4", rb"MDF {5}"),
)

LEARNING = (
    # No signature on purpose: unpickling runs code, so only a name that asks for it does it.
    binary("Pickle", Family.OBJECT, "pickle", ".pickle .pkl"),
    binary("Joblib", Family.OBJECT, "pickle", ".joblib"),
    binary("PyTorch", Family.LEARNING, "torch", ".pt .pth", container="ZIP"),
    binary("safetensors", Family.LEARNING, "safetensors", ".safetensors", rb".{3}\x00{5}\{\""),
    text("SVMlight", Family.LEARNING, "svmlight", ".svmlight .libsvm"),
    binary("ONNX", Family.LEARNING, "onnx", ".onnx"),
    binary("GGUF", Family.LEARNING, "gguf", ".gguf", rb"GGUF.\x00"),
    binary("skops", Family.LEARNING, "skops", ".skops", container="ZIP"),
    binary("skops", Family.LEARNING, "skops", ".skops", container="NumPy archive"),
)

MAPS = (
    binary("Shapefile", Family.GEOSPATIAL, "shapefile", ".shp", rb"\x00\x00\x27\x0a\x00{20}"),
    binary("FlatGeobuf", Family.GEOSPATIAL, "geo", ".fgb", rb"fgb\x03fgb"),
    text("DXF", Family.GEOSPATIAL, "geo", ".dxf", rb"\s*(999\s[^\n]*\n\s*)*0\s+SECTION\b"),
    binary("KMZ", Family.GEOSPATIAL, "kmz", ".kmz", container="ZIP"),
    binary("dBASE", Family.DATABASE, "dbf", ".dbf"),
    text("WKT", Family.GEOSPATIAL, "wkt", ".wkt"),
    binary("WKB", Family.GEOSPATIAL, "wkb", ".wkb"),
    text("Arc/Info grid", Family.GEOSPATIAL, "raster", ".asc", rb"(?i:\s*ncols\s+\d)"),
    binary("LAS", Family.GEOSPATIAL, "las", ".las .laz", rb"LASF.{20}\x01"),
)

GRAPHS = (
    text("GML graph", Family.GRAPH, "gml", ".gml", rb"(\s*(Creator|Version|#)[^\n]*\n)*\s*graph\s*\["),
    text("Pajek", Family.GRAPH, "pajek", ".net", rb"\s*(?i:\*(vertices|network))\b"),
    text("Adjacency list", Family.GRAPH, "adjlist", ".adjlist"),
    text("Edge list", Family.GRAPH, "edgelist", ".edgelist"),
    text("graph6", Family.GRAPH, "graph6", ".g6"),
    text("sparse6", Family.GRAPH, "sparse6", ".s6"),
    text("DOT", Family.GRAPH, "dot", ".dot .gv", rb"\s*(//[^\n]*\n\s*)*(strict\s+)?(di)?graph\b[^;]{0,99}\{"),
)

BIOLOGY = (
    text("VCF", Family.BIOLOGY, "variants", ".vcf", rb"##fileformat=VCF"),
    binary("BCF", Family.BIOLOGY, "variants", ".bcf", rb"BCF\x02"),
    text("SAM", Family.BIOLOGY, "alignment", ".sam", rb"@(HD|SQ|RG|PG|CO)\t"),
    binary("BAM", Family.BIOLOGY, "alignment", ".bam", rb"BAM\x01"),
    binary("CRAM", Family.BIOLOGY, "alignment", ".cram", rb"CRAM[\x02\x03]"),
    text(
        "FASTA",
        Family.BIOLOGY,
        "fasta",
        ".fasta .fa .fna .faa .ffn .frn",
        rb">[\w.|:-]+[^\n]*\n[A-Za-z*-]+\s",
    ),
    text("FASTQ", Family.BIOLOGY, "fastq", ".fastq .fq"),
    text("GenBank", Family.BIOLOGY, "genbank", ".gb .gbk .genbank", rb"LOCUS {7}"),
    text("EMBL", Family.BIOLOGY, "embl", ".embl", rb"ID {3}\S"),
    text("Clustal", Family.BIOLOGY, "clustal", ".aln .clustal", rb"CLUSTAL[ WOX(]"),
    text("NEXUS", Family.BIOLOGY, "nexus", ".nex .nexus", rb"(?i:#nexus)"),
    text("PHYLIP", Family.BIOLOGY, "phylip", ".phy .phylip"),
    text("Stockholm", Family.BIOLOGY, "stockholm", ".sto .stk .stockholm", rb"# STOCKHOLM "),
    text("Newick tree", Family.BIOLOGY, "newick", ".nwk .newick .tre .tree"),
    text("BED", Family.BIOLOGY, "bed", ".bed"),
    text("GFF", Family.BIOLOGY, "gff", ".gff .gff3 .gff2 .gtf"),
)

CHEMISTRY = (
    text("mmCIF", Family.CHEMISTRY, "macromolecule", ".cif .mmcif", rb"data_.*\b_(atom_site|entry)\."),
    text("CIF", Family.CHEMISTRY, "cif", ".cif"),
    text("PDB", Family.CHEMISTRY, "macromolecule", ".pdb .ent"),
    text("XYZ", Family.CHEMISTRY, "atoms", ".xyz .extxyz", rb"\s*\d+[^\S\n]*\n[^\n]*\n\s*[A-Z][a-z]?\s+-?\d"),
    text("Cube", Family.CHEMISTRY, "atoms", ".cube"),
    text("POSCAR", Family.CHEMISTRY, "atoms", ".poscar .vasp"),
    binary("ASE trajectory", Family.CHEMISTRY, "atoms", ".traj", rb"- of Ulm"),
    text("Molfile", Family.CHEMISTRY, "mol", ".mol"),
    text("SDF", Family.CHEMISTRY, "sdf", ".sdf"),
    text("SMILES", Family.CHEMISTRY, "smiles", ".smi .smiles"),
)

SHAPES = (
    text("VTK", Family.SHAPE, "mesh", ".vtk", rb"# vtk DataFile"),
    binary("VTK", Family.SHAPE, "mesh", ".vtk", rb"# vtk DataFile"),
    text("Gmsh", Family.SHAPE, "mesh", ".msh", rb"\$MeshFormat\b"),
    binary("Gmsh", Family.SHAPE, "mesh", ".msh", rb"\$MeshFormat\b"),
    binary("3MF", Family.SHAPE, "shape", ".3mf", entry(rb"3D/"), "ZIP"),
    binary("glTF", Family.SHAPE, "shape", ".glb", rb"glTF\x02"),
    text("glTF", Family.SHAPE, "shape", ".gltf", container="JSON"),
    text("Wavefront", Family.SHAPE, "shape", ".obj"),
    text("OFF", Family.SHAPE, "shape", ".off", rb"OFF\s*(#[^\n]*\n\s*)*\d+\s+\d+\s+\d+\s"),
    text("PLY", Family.SHAPE, "shape", ".ply", rb"ply\r?\nformat ascii"),
    binary("PLY", Family.SHAPE, "shape", ".ply", rb"ply\r?\nformat "),
    text("STL", Family.SHAPE, "shape", ".stl", rb"solid\b[^\n,;\t]*\n\s*facet\b"),
    binary("STL", Family.SHAPE, "shape", ".stl"),
)
