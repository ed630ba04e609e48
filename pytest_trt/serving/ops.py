"""Which TensorFlow registers which op, with a kernel for which devices; written by tests/oracle/make_ops.py.

VERSIONS: the wheels that were listed, "X.Y.Z" (CPU) or "X.Y.Z-gpu" (CUDA).
ROWS: pattern -> ops. A pattern has one letter a version: "." not registered, "-" registered without a kernel,
"c" a kernel for the CPU, "g" for the GPU only, "b" for both, "?" registered, kernels not listed. A kernel for
TensorFlow's DEFAULT device counts for both.
FUNCTION_ATTRS: op -> its attributes of type func and list(func). STATEFUL: ops that a function keeps though
nothing uses their outputs. ATTR_DEFAULTS: of ops without a kernel for the CPU, attribute -> default as messages
print it. OTHER_KERNELS: of ops with kernels, but none for the CPU, those of the CPU wheel as messages print them.
These four as the op definitions and kernels of tensorflow-cpu 2.21.0 say.
Source: the op and kernel registries of the wheels tensorflow-cpu and tensorflow of these versions.
"""

VERSIONS = (
    "2.13.1",
    "2.14.1",
    "2.15.1",
    "2.16.2",
    "2.17.1",
    "2.18.1",
    "2.19.1",
    "2.20.0",
    "2.21.0",
    "2.14.1-gpu",
    "2.17.1-gpu",
    "2.18.0-gpu",
)

ROWS = {
    "cccccccccbb?": """
Abs Acos Acosh Add AddN AddV2 AdjustContrast AdjustContrastv2 AdjustHue AdjustSaturation All Angle AnonymousIterator
AnonymousIteratorV2 AnonymousIteratorV3 Any ApplyAdaMax ApplyAdadelta ApplyAdagrad ApplyAdagradV2 ApplyAdam
ApplyAddSign ApplyCenteredRMSProp ApplyFtrl ApplyFtrlV2 ApplyGradientDescent ApplyMomentum ApplyPowerSign
ApplyProximalAdagrad ApplyRMSProp ApproxTopK ApproximateEqual ArgMax ArgMin Asin Asinh Assert Assign AssignAdd
AssignAddVariableOp AssignSub AssignSubVariableOp AssignVariableOp Atan Atan2 Atanh AvgPool AvgPool3D AvgPool3DGrad
AvgPoolGrad BatchFunction BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchMatrixBandPart BatchMatrixDiag
BatchMatrixDiagPart BatchMatrixSetDiag BatchMatrixTriangularSolve BatchNormWithGlobalNormalization
BatchNormWithGlobalNormalizationGrad BatchSvd BatchToSpace BatchToSpaceND BesselI0 BesselI0e BesselI1 BesselI1e
BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1 Betainc BiasAdd BiasAddGrad BiasAddV1
Bincount Bitcast BitwiseAnd BitwiseOr BitwiseXor BlockLSTM BlockLSTMGrad BlockLSTMGradV2 BlockLSTMV2 BroadcastArgs
BroadcastGradientArgs BroadcastTo Bucketize CSRSparseMatrixComponents CSRSparseMatrixToDense
CSRSparseMatrixToSparseTensor Case Cast Ceil CheckNumerics CheckNumericsV2 Cholesky ClipByValue CollectiveAllToAllV2
CollectiveAllToAllV3 CollectiveAssignGroupV2 CollectiveBcastRecv CollectiveBcastRecvV2 CollectiveBcastSend
CollectiveBcastSendV2 CollectiveGather CollectiveGatherV2 CollectiveInitializeCommunicator CollectiveReduce
CollectiveReduceScatterV2 CollectiveReduceV2 CollectiveReduceV3 Complex ComplexAbs Concat ConcatOffset ConcatV2 Conj
ConjugateTranspose Const ConsumeMutexLock ControlTrigger Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D
Conv3DBackpropFilter Conv3DBackpropFilterV2 Conv3DBackpropInput Conv3DBackpropInputV2 Copy CopyHost Cos Cosh
CropAndResize CropAndResizeGradBoxes CropAndResizeGradImage Cross Cumprod Cumsum CumulativeLogsumexp DataFormatDimMap
DataFormatVecPermute Dawsn DebugGradientIdentity DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNanCount
DebugNumericSummary DebugNumericSummaryV2 DeepCopy DeleteIterator DeleteSessionTensor DenseBincount
DenseToCSRSparseMatrix DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter
DepthwiseConv2dNativeBackpropInput DestroyResourceOp DestroyTemporaryVariable DeviceIndex DevicePlacementOp Diag
DiagPart Digamma Dilation2D Dilation2DBackpropFilter Dilation2DBackpropInput DisableCopyOnRead Div DivNoNan
DynamicPartition DynamicStitch EagerPyFunc Einsum Elu EluGrad Empty EmptyTensorList EnsureShape Enter Equal Erf Erfc
Erfinv EuclideanNorm Exit Exp ExpandDims ExperimentalSleepDataset Expint Expm1 ExtractImagePatches
ExtractVolumePatches FFT FFT2D FFT3D FIFOQueueV2 Fact FakeParam FakeQuantWithMinMaxArgs
FakeQuantWithMinMaxArgsGradient FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsGradient
FakeQuantWithMinMaxVarsPerChannel FakeQuantWithMinMaxVarsPerChannelGradient Fill FinalizeDataset Floor FloorDiv
FloorMod For FresnelCos FresnelSin FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3
FusedBatchNormV2 FusedBatchNormV3 GRUBlockCell GRUBlockCellGrad Gather GatherNd GatherV2 GeneratorDataset GetOptions
GetSessionHandle GetSessionHandleV2 GetSessionTensor Greater GreaterEqual HSVToRGB HistogramFixedWidth HostConst IFFT
IFFT2D IFFT3D IRFFT IRFFT2D IRFFT3D Identity IdentityN If Igamma IgammaGradA Igammac Imag ImageProjectiveTransformV2
ImageProjectiveTransformV3 InTopKV2 InplaceAdd InplaceSub InplaceUpdate Inv InvGrad Invert InvertPermutation IsFinite
IsInf IsNan IsTensorFloat32Enabled IsVariableInitialized IteratorFromStringHandleV2 IteratorGetNext
IteratorGetNextAsOptional IteratorGetNextSync IteratorToStringHandle IteratorV2 L2Loss LRN LRNGrad LSTMBlockCell
LSTMBlockCellGrad LeakyRelu LeakyReluGrad LeftShift Less LessEqual Lgamma LinSpace Log Log1p LogMatrixDeterminant
LogSoftmax LogicalAnd LogicalNot LogicalOr LoopCond LowerBound Lu MakeIterator MakeWeakResourceHandle MapClear
MapIncompleteSize MapPeek MapSize MapStage MapUnstage MapUnstageNoKey MatMul MatrixBandPart MatrixDeterminant
MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3 MatrixInverse MatrixSetDiag
MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve MatrixTriangularSolve Max MaxPool MaxPool3D MaxPool3DGrad
MaxPool3DGradGrad MaxPoolGrad MaxPoolGradGrad MaxPoolGradGradV2 MaxPoolGradV2 MaxPoolGradWithArgmax MaxPoolV2
MaxPoolWithArgmax Maximum Mean Merge Min Minimum MirrorPad MirrorPadGrad Mod Mul MulNoNan Multinomial MutexLock
MutexV2 Ndtri Neg NextAfter NextIteration NoOp NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NotEqual
OneHot OnesLike OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone OptionsDataset OrderedMapClear
OrderedMapIncompleteSize OrderedMapPeek OrderedMapSize OrderedMapStage OrderedMapUnstage OrderedMapUnstageNoKey Pack
Pad PadV2 ParallelConcat ParallelDynamicStitch ParameterizedTruncatedNormal PartitionedCall Placeholder PlaceholderV2
PlaceholderWithDefault Polygamma PopulationCount Pow PrefetchDataset PreventGradient Prod Qr QuantizeAndDequantize
QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 QuantizeAndDequantizeV4Grad QueueCloseV2
QueueDequeueV2 QueueEnqueueV2 QueueIsClosedV2 QueueSizeV2 RFFT RFFT2D RFFT3D RGBToHSV RaggedFillEmptyRows
RaggedFillEmptyRowsGrad RandomGammaGrad RandomStandardNormal RandomUniform RandomUniformInt Range Rank ReadVariableOp
Real RealDiv Reciprocal ReciprocalGrad Recv RefEnter RefExit RefIdentity RefMerge RefNextIteration RefSwitch Relu
Relu6 Relu6Grad ReluGrad RemoteCall Reshape ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor
ResizeNearestNeighborGrad ResourceApplyAdaMax ResourceApplyAdadelta ResourceApplyAdagrad ResourceApplyAdagradV2
ResourceApplyAdam ResourceApplyAdamWithAmsgrad ResourceApplyAddSign ResourceApplyCenteredRMSProp ResourceApplyFtrl
ResourceApplyFtrlV2 ResourceApplyGradientDescent ResourceApplyKerasMomentum ResourceApplyMomentum
ResourceApplyPowerSign ResourceApplyProximalAdagrad ResourceApplyRMSProp ResourceGather ResourceGatherNd
ResourceScatterAdd ResourceScatterDiv ResourceScatterMax ResourceScatterMin ResourceScatterMul ResourceScatterNdAdd
ResourceScatterNdMax ResourceScatterNdMin ResourceScatterNdSub ResourceScatterNdUpdate ResourceScatterSub
ResourceScatterUpdate ResourceSparseApplyAdadelta ResourceSparseApplyAdagrad ResourceSparseApplyAdagradV2
ResourceSparseApplyFtrl ResourceSparseApplyFtrlV2 ResourceSparseApplyKerasMomentum ResourceSparseApplyProximalAdagrad
ResourceStridedSliceAssign Reverse ReverseSequence ReverseV2 RightShift Rint RngReadAndSkip RngSkip Roll Round Rsqrt
RsqrtGrad ScatterAdd ScatterDiv ScatterMax ScatterMin ScatterMul ScatterNd ScatterNdAdd ScatterNdMax ScatterNdMin
ScatterNdNonAliasingAdd ScatterNdSub ScatterNdUpdate ScatterSub ScatterUpdate SegmentMax SegmentMean SegmentMin
SegmentProd SegmentSum Select SelectV2 SelfAdjointEigV2 Selu SeluGrad Send Shape ShapeN Sigmoid SigmoidGrad Sign Sin
Sinh Size SleepDataset SleepOp Slice Snapshot Softmax SoftmaxCrossEntropyWithLogits Softplus SoftplusGrad Softsign
SoftsignGrad SpaceToBatch SpaceToBatchND SpaceToDepth SparseApplyAdadelta SparseApplyAdagrad SparseApplyAdagradV2
SparseApplyFtrl SparseApplyFtrlV2 SparseApplyProximalAdagrad SparseConcat SparseFillEmptyRows SparseFillEmptyRowsGrad
SparseMatrixMatMul SparseMatrixNNZ SparseMatrixSparseMatMul SparseMatrixTranspose SparseReorder SparseReshape
SparseSegmentMean SparseSegmentMeanGrad SparseSegmentMeanWithNumSegments SparseSegmentSqrtN SparseSegmentSqrtNGrad
SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumGrad SparseSegmentSumWithNumSegments SparseSlice
SparseSliceGrad SparseSoftmaxCrossEntropyWithLogits SparseSplit SparseTensorDenseMatMul SparseTensorToCSRSparseMatrix
SparseToDense Spence Split SplitV Sqrt SqrtGrad Square SquaredDifference Squeeze Stack StackClose StackCloseV2
StackPop StackPopV2 StackPush StackPushV2 StackV2 Stage StageClear StagePeek StageSize StatefulPartitionedCall
StatefulStandardNormalV2 StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt StatefulUniformInt
StatelessCase StatelessIf StatelessMultinomial StatelessRandomGammaV2 StatelessRandomGammaV3 StatelessRandomGetAlg
StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg StatelessRandomNormal StatelessRandomNormalV2
StatelessRandomUniform StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 StatelessRandomUniformInt
StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessTruncatedNormal StatelessTruncatedNormalV2
StatelessWhile StochasticCastToInt StopGradient StridedSlice StridedSliceAssign StridedSliceGrad Sub Sum Svd Switch
SymbolicGradient SyncDevice Tan Tanh TanhGrad TemporaryVariable TensorArray TensorArrayClose TensorArrayCloseV2
TensorArrayCloseV3 TensorArrayConcat TensorArrayConcatV2 TensorArrayConcatV3 TensorArrayGather TensorArrayGatherV2
TensorArrayGatherV3 TensorArrayGrad TensorArrayGradV2 TensorArrayGradV3 TensorArrayGradWithShape TensorArrayPack
TensorArrayRead TensorArrayReadV2 TensorArrayReadV3 TensorArrayScatter TensorArrayScatterV2 TensorArrayScatterV3
TensorArraySize TensorArraySizeV2 TensorArraySizeV3 TensorArraySplit TensorArraySplitV2 TensorArraySplitV3
TensorArrayUnpack TensorArrayV2 TensorArrayV3 TensorArrayWrite TensorArrayWriteV2 TensorArrayWriteV3 TensorListConcat
TensorListConcatLists TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather
TensorListGetItem TensorListLength TensorListPopBack TensorListPushBack TensorListPushBackBatch TensorListReserve
TensorListResize TensorListScatter TensorListScatterIntoExistingList TensorListScatterV2 TensorListSetItem
TensorListSplit TensorListStack TensorScatterAdd TensorScatterMax TensorScatterMin TensorScatterSub
TensorScatterUpdate TensorStridedSliceUpdate Tile TileGrad TopK TopKV2 Transpose TridiagonalMatMul TridiagonalSolve
TruncateDiv TruncateMod TruncatedNormal Unique UniqueWithCounts Unpack UnsortedSegmentMax UnsortedSegmentMin
UnsortedSegmentProd UnsortedSegmentSum Unstage UnwrapDatasetVariant UpperBound VarHandleOp VarIsInitializedOp Variable
VariableShape VariableV2 Where While WrapDatasetVariant Xdivy XlaBroadcastHelper XlaCallModule XlaConv XlaConvV2
XlaDequantize XlaDot XlaDotV2 XlaDynamicSlice XlaDynamicUpdateSlice XlaEinsum XlaGather XlaIf XlaKeyValueSort
XlaLaunch XlaOptimizationBarrier XlaPad XlaRecv XlaReduce XlaReducePrecision XlaReduceWindow XlaReplicaId
XlaRngBitGenerator XlaScatter XlaSelectAndScatter XlaSelfAdjointEig XlaSend XlaSharding XlaSort
XlaSpmdShardToFullShape XlaSvd XlaVariadicReduce XlaVariadicReduceV2 XlaVariadicSort XlaWhile Xlog1py Xlogy ZerosLike
Zeta _Arg _ArrayToList _DeviceArg _DeviceRetval _EagerConst _FusedBatchNormEx _FusedConv2D _FusedMatMul _HostCast
_HostRecv _HostSend _If _ListToArray _ParallelConcatStart _ParallelConcatUpdate _ReadVariablesOp _Recv _Retval
_ScopedAllocator _ScopedAllocatorConcat _ScopedAllocatorSplit _Send _SwitchN _TensorToHashBucketFast _VarHandlesOp
_While _XlaCompile _XlaMerge _XlaRun
    """,
    "ccccccccccc?": """
Abort AccumulatorApplyGradient AccumulatorNumAccumulated AccumulatorSetGlobalStep AccumulatorTakeGradient
AddManySparseToTensorsMap AddSparseToTensorsMap AllCandidateSampler AnonymousHashTable AnonymousMemoryCache
AnonymousMultiDeviceIterator AnonymousMultiDeviceIteratorV3 AnonymousMutableDenseHashTable AnonymousMutableHashTable
AnonymousMutableHashTableOfTensors AnonymousRandomSeedGenerator AnonymousSeedGenerator ApplyAdagradDA
ApplyProximalGradientDescent AsString AssertCardinalityDataset AssertNextDataset AssertPrevDataset AudioMicrofrontend
AudioSpectrogram AudioSummary AudioSummaryV2 AutoShardDataset BandedTriangularSolve Barrier BarrierClose
BarrierIncompleteSize BarrierInsertMany BarrierReadySize BarrierTakeMany Batch BatchCholesky BatchCholeskyGrad
BatchDataset BatchDatasetV2 BatchMatrixDeterminant BatchMatrixInverse BatchMatrixSolve BatchMatrixSolveLs
BatchSelfAdjointEig BatchSelfAdjointEigV2 BytesProducedStatsDataset CSVDataset CSVDatasetV2 CTCBeamSearchDecoder
CTCGreedyDecoder CTCLoss CacheDataset CacheDatasetV2 CholeskyGrad ChooseFastestBranchDataset ChooseFastestDataset
CloseSummaryWriter CombinedNonMaxSuppression CompositeTensorVariantFromComponents CompositeTensorVariantToComponents
CompressElement ComputeAccidentalHits ComputeBatchSize ConcatenateDataset ConditionalAccumulator ConstructionFails
CountUpTo CreateSummaryDbWriter CreateSummaryFileWriter CustomAggregator DataServiceDataset DataServiceDatasetV2
DataServiceDatasetV3 DatasetCardinality DatasetFromGraph DatasetToGraph DatasetToGraphV2 DatasetToSingleElement
DatasetToTFRecord DebugGradientRefIdentity DecodeAndCropJpeg DecodeBase64 DecodeBmp DecodeCSV DecodeCompressed
DecodeGif DecodeImage DecodeJSONExample DecodeJpeg DecodePaddedRaw DecodePng DecodeProtoV2 DecodeRaw DecodeWav
DeleteMemoryCache DeleteMultiDeviceIterator DeleteRandomSeedGenerator DeleteRpcFutureResource DeleteSeedGenerator
DenseCountSparseOutput DenseToDenseSetOperation DenseToSparseBatchDataset DenseToSparseSetOperation Dequantize
DeserializeIterator DeserializeManySparse DeserializeSparse DirectedInterleaveDataset DistributedSave
DrawBoundingBoxes DrawBoundingBoxesV2 DtypeWithDefaultOp DummyMemoryCache DummySeedGenerator EditDistance Eig
EmptyTensorMap EncodeBase64 EncodeJpeg EncodeJpegVariableQuality EncodePng EncodeProto EncodeWav
ExperimentalAssertNextDataset ExperimentalAutoShardDataset ExperimentalBytesProducedStatsDataset
ExperimentalCSVDataset ExperimentalChooseFastestDataset ExperimentalDatasetCardinality ExperimentalDatasetToTFRecord
ExperimentalDenseToSparseBatchDataset ExperimentalDirectedInterleaveDataset ExperimentalGroupByReducerDataset
ExperimentalGroupByWindowDataset ExperimentalIgnoreErrorsDataset ExperimentalIteratorGetDevice ExperimentalLMDBDataset
ExperimentalLatencyStatsDataset ExperimentalMapAndBatchDataset ExperimentalMatchingFilesDataset
ExperimentalMaxIntraOpParallelismDataset ExperimentalNonSerializableDataset ExperimentalParallelInterleaveDataset
ExperimentalParseExampleDataset ExperimentalPrivateThreadPoolDataset ExperimentalRandomDataset
ExperimentalRebatchDataset ExperimentalScanDataset ExperimentalSetStatsAggregatorDataset
ExperimentalSlidingWindowDataset ExperimentalSqlDataset ExperimentalStatsAggregatorHandle
ExperimentalStatsAggregatorSummary ExperimentalTakeWhileDataset ExperimentalThreadPoolDataset
ExperimentalThreadPoolHandle ExperimentalUnbatchDataset ExperimentalUniqueDataset ExtractGlimpse ExtractGlimpseV2
ExtractJpegShape FIFOQueue FakeQueue FileSystemSetConfiguration FilterDataset Fingerprint FixedLengthRecordDataset
FixedLengthRecordDatasetV2 FixedLengthRecordReader FixedLengthRecordReaderV2 FixedUnigramCandidateSampler
FlatMapDataset FlushSummaryWriter FractionalAvgPool FractionalAvgPoolGrad FractionalMaxPool FractionalMaxPoolGrad
FusedPadConv2D FusedResizeAndPadConv2D GenerateVocabRemapping GetDeadline GetElementAtIndex GraphDefVersion
GroupByReducerDataset GroupByWindowDataset GuaranteeConst HashTable HashTableV2 HistogramSummary IdentityReader
IdentityReaderV2 IgnoreErrorsDataset ImageSummary ImmutableConst ImportEvent InTopK InitializeTable
InitializeTableFromDataset InitializeTableFromTextFile InitializeTableFromTextFileV2 InitializeTableV2
InterleaveDataset IsResourceHandleRefCounting IsotonicRegression Iterator IteratorFromStringHandle IteratorGetDevice
KMC2ChainInitialization KernelLabel KernelLabelRequired KmeansPlusPlusInitialization LMDBDataset LMDBReader
LatencyStatsDataset LearnedUnigramCandidateSampler LegacyParallelInterleaveDatasetV2 ListDataset ListDiff
LoadAndRemapMatrix LoadDataset LogUniformCandidateSampler LookupTableExport LookupTableExportV2 LookupTableFind
LookupTableFindV2 LookupTableImport LookupTableImportV2 LookupTableInsert LookupTableInsertV2 LookupTableRemoveV2
LookupTableSize LookupTableSizeV2 MapAndBatchDataset MapDataset MapDefun MatchingFiles MatchingFilesDataset
MatrixExponential MatrixLogarithm MatrixSolveLs MatrixSquareRoot MaxIntraOpParallelismDataset MergeSummary
MergeV2Checkpoints Mfcc ModelDataset MultiDeviceIterator MultiDeviceIteratorFromStringHandle
MultiDeviceIteratorGetNextFromShard MultiDeviceIteratorInit MultiDeviceIteratorToStringHandle MutableDenseHashTable
MutableDenseHashTableV2 MutableHashTable MutableHashTableOfTensors MutableHashTableOfTensorsV2 MutableHashTableV2
NearestNeighbors NegTrain NonDeterministicInts NonMaxSuppression NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps
NonSerializableDataset NthElement Old OneShotIterator OptimizeDataset OptimizeDatasetV2 PaddedBatchDataset
PaddedBatchDatasetV2 PaddingFIFOQueue PaddingFIFOQueueV2 ParallelBatchDataset ParallelFilterDataset
ParallelInterleaveDataset ParallelInterleaveDatasetV2 ParallelInterleaveDatasetV3 ParallelInterleaveDatasetV4
ParallelMapDataset ParallelMapDatasetV2 ParseExample ParseExampleDataset ParseExampleDatasetV2 ParseExampleV2
ParseSequenceExample ParseSequenceExampleV2 ParseSingleExample ParseSingleSequenceExample ParseTensor Print PrintV2
PriorityQueue PriorityQueueV2 PrivateThreadPoolDataset PyFunc PyFuncStateless QuantizeDownAndShrinkRange QuantizeV2
QuantizedAdd QuantizedAvgPool QuantizedBatchNormWithGlobalNormalization QuantizedBiasAdd QuantizedConcat
QuantizedConcatV2 QuantizedConv2D QuantizedConv2DAndRelu QuantizedConv2DAndReluAndRequantize
QuantizedConv2DAndRequantize QuantizedConv2DPerChannel QuantizedConv2DWithBias QuantizedConv2DWithBiasAndRelu
QuantizedConv2DWithBiasAndReluAndRequantize QuantizedConv2DWithBiasAndRequantize
QuantizedConv2DWithBiasSignedSumAndReluAndRequantize QuantizedConv2DWithBiasSumAndRelu
QuantizedConv2DWithBiasSumAndReluAndRequantize QuantizedDepthwiseConv2D QuantizedDepthwiseConv2DWithBias
QuantizedDepthwiseConv2DWithBiasAndRelu QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize QuantizedInstanceNorm
QuantizedMatMul QuantizedMatMulWithBias QuantizedMatMulWithBiasAndDequantize QuantizedMatMulWithBiasAndRelu
QuantizedMatMulWithBiasAndReluAndRequantize QuantizedMatMulWithBiasAndRequantize QuantizedMaxPool QuantizedMul
QuantizedRelu QuantizedRelu6 QuantizedReshape QuantizedResizeBilinear QueueClose QueueDequeue QueueDequeueMany
QueueDequeueManyV2 QueueDequeueUpTo QueueDequeueUpToV2 QueueEnqueue QueueEnqueueMany QueueEnqueueManyV2 QueueIsClosed
QueueSize RaggedBincount RaggedCountSparseOutput RaggedCross RaggedGather RaggedRange RaggedTensorFromVariant
RaggedTensorToSparse RaggedTensorToTensor RaggedTensorToVariant RaggedTensorToVariantGradient RandomCrop RandomDataset
RandomDatasetV2 RandomGamma RandomIndexShuffle RandomPoisson RandomPoissonV2 RandomShuffle RandomShuffleQueue
RandomShuffleQueueV2 RangeDataset ReadFile ReaderNumRecordsProduced ReaderNumRecordsProducedV2
ReaderNumWorkUnitsCompleted ReaderNumWorkUnitsCompletedV2 ReaderRead ReaderReadUpTo ReaderReadUpToV2 ReaderReadV2
ReaderReset ReaderResetV2 ReaderRestoreState ReaderRestoreStateV2 ReaderSerializeState ReaderSerializeStateV2
RebatchDataset RebatchDatasetV2 RecordInput ReduceDataset ReduceJoin RefSelect RegexFullMatch RegexReplace
RegisterDataset RegisterDatasetV2 RepeatDataset RequantizationRange RequantizationRangePerChannel Requantize
RequantizePerChannel ResizeArea ResizeBicubic ResizeBicubicGrad ResourceAccumulatorApplyGradient
ResourceAccumulatorNumAccumulated ResourceAccumulatorSetGlobalStep ResourceAccumulatorTakeGradient
ResourceApplyAdagradDA ResourceApplyProximalGradientDescent ResourceConditionalAccumulator ResourceCountUpTo
ResourceCreateOp ResourceInitializedOp ResourceSparseApplyAdagradDA ResourceSparseApplyCenteredRMSProp
ResourceSparseApplyMomentum ResourceSparseApplyProximalGradientDescent ResourceSparseApplyRMSProp ResourceUsingOp
Restore RestoreSlice RestoreV2 RewriteDataset RpcCall RpcCheckStatus RpcClient RpcGetValue RpcServer RpcServerRegister
RpcServerStart SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 SamplingDataset Save SaveDataset SaveDatasetV2
SaveSlices SaveV2 ScalarSummary ScaleAndTranslate ScaleAndTranslateGrad ScanDataset SdcaFprint SdcaOptimizer
SdcaOptimizerV2 SdcaShrinkL1 SelfAdjointEig SerializeIterator SerializeManySparse SerializeSparse SerializeTensor
SetSize SetStatsAggregatorDataset ShardDataset ShardedFilename ShardedFilespec ShuffleAndRepeatDataset
ShuffleAndRepeatDatasetV2 ShuffleDataset ShuffleDatasetV2 ShuffleDatasetV3 SkipDataset Skipgram SleepIdentityOp
SlidingWindowDataset SnapshotChunkDataset SnapshotDataset SnapshotDatasetReader SnapshotDatasetV2
SnapshotNestedDatasetReader SobolSample SparseAccumulatorApplyGradient SparseAccumulatorTakeGradient SparseAdd
SparseAddGrad SparseApplyAdagradDA SparseApplyCenteredRMSProp SparseApplyMomentum SparseApplyProximalGradientDescent
SparseApplyRMSProp SparseBincount SparseConditionalAccumulator SparseCountSparseOutput SparseCross SparseCrossHashed
SparseCrossV2 SparseDenseCwiseAdd SparseDenseCwiseDiv SparseDenseCwiseMul SparseMatMul SparseMatrixOrderingAMD
SparseMatrixSparseCholesky SparseReduceMax SparseReduceMaxSparse SparseReduceSum SparseReduceSumSparse SparseSoftmax
SparseSparseMaximum SparseSparseMinimum SparseTensorDenseAdd SparseTensorSliceDataset SparseToSparseSetOperation
SqlDataset StatefulRandomBinomial StatefulStandardNormal StatelessParameterizedTruncatedNormal StatelessRandomBinomial
StatelessRandomPoisson StatelessSampleDistortedBoundingBox StatelessShuffle StaticRegexFullMatch StaticRegexReplace
StatsAggregatorHandle StatsAggregatorHandleV2 StatsAggregatorSetSummaryWriter StatsAggregatorSummary StringFormat
StringJoin StringLength StringLower StringNGrams StringSplit StringSplitV2 StringStrip StringToHashBucket
StringToHashBucketFast StringToHashBucketStrong StringToNumber StringUpper StubResourceHandleOp Substr SummaryWriter
TFRecordDataset TFRecordReader TFRecordReaderV2 TakeDataset TakeManySparseFromTensorsMap TakeWhileDataset
TensorDataset TensorMapErase TensorMapHasKey TensorMapInsert TensorMapLookup TensorMapSize TensorMapStackKeys
TensorSliceDataset TensorSummary TensorSummaryV2 TestAttr TextLineDataset TextLineReader TextLineReaderV2
ThreadPoolDataset ThreadPoolHandle ThreadUnsafeUnigramCandidateSampler Timestamp ToBool Unbatch UnbatchDataset
UnbatchGrad UncompressElement UnicodeDecode UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript UnicodeTranscode
UniformCandidateSampler UniformDequantize UniformQuantize UniformQuantizedAdd UniformQuantizedClipByValue
UniformQuantizedConvolution UniformQuantizedConvolutionHybrid UniformQuantizedDot UniformQuantizedDotHybrid
UniformRequantize UniqueDataset UniqueV2 UniqueWithCountsV2 UnravelIndex UnsortedSegmentJoin WholeFileReader
WholeFileReaderV2 WindowDataset WindowOp WriteAudioSummary WriteFile WriteGraphSummary WriteHistogramSummary
WriteImageSummary WriteRawProtoSummary WriteScalarSummary WriteSummary XlaLaunchV2 ZipDataset _FusedConv3D
_FusedDepthwiseConv2dNative _FusedQuantizedConv2D _FusedQuantizedDepthwiseConv2D _MklAvgPool _MklAvgPool3D
_MklAvgPool3DGrad _MklAvgPoolGrad _MklBatchMatMul _MklBatchMatMulV2 _MklConcat _MklConcatV2 _MklConjugateTranspose
_MklConv2D _MklConv2DBackpropFilter _MklConv2DBackpropFilterWithBias _MklConv2DBackpropInput _MklConv2DWithBias
_MklConv3D _MklConv3DBackpropFilterV2 _MklConv3DBackpropInputV2 _MklDepthwiseConv2dNative
_MklDepthwiseConv2dNativeBackpropFilter _MklDepthwiseConv2dNativeBackpropInput _MklDequantize _MklEinsum
_MklFusedBatchMatMulV2 _MklFusedBatchNorm _MklFusedBatchNormEx _MklFusedBatchNormGrad _MklFusedBatchNormGradV2
_MklFusedBatchNormGradV3 _MklFusedBatchNormV2 _MklFusedBatchNormV3 _MklFusedConv2D _MklFusedDepthwiseConv2dNative
_MklFusedMatMul _MklFusedMish _MklLayerNorm _MklMatMul _MklMaxPool _MklMaxPool3D _MklMaxPool3DGrad _MklMaxPoolGrad
_MklNativeAvgPool _MklNativeAvgPool3D _MklNativeAvgPool3DGrad _MklNativeAvgPoolGrad _MklNativeConv2D
_MklNativeConv2DBackpropFilter _MklNativeConv2DBackpropFilterWithBias _MklNativeConv2DBackpropInput
_MklNativeConv2DWithBias _MklNativeConv3D _MklNativeConv3DBackpropFilterV2 _MklNativeConv3DBackpropInputV2
_MklNativeDepthwiseConv2dNative _MklNativeDepthwiseConv2dNativeBackpropFilter
_MklNativeDepthwiseConv2dNativeBackpropInput _MklNativeFusedBatchNorm _MklNativeFusedBatchNormEx
_MklNativeFusedBatchNormGrad _MklNativeFusedBatchNormGradV2 _MklNativeFusedBatchNormGradV3 _MklNativeFusedBatchNormV2
_MklNativeFusedBatchNormV3 _MklNativeFusedConv2D _MklNativeFusedConv3D _MklNativeFusedDepthwiseConv2dNative
_MklNativeFusedMatMul _MklNativeMaxPool _MklNativeMaxPool3D _MklNativeMaxPool3DGrad _MklNativeMaxPoolGrad
_MklNativePadWithConv2D _MklNativePadWithFusedConv2D _MklPadWithConv2D _MklPadWithFusedConv2D _MklQuantizeV2
_MklQuantizedAvgPool _MklQuantizedConcatV2 _MklQuantizedConv2D _MklQuantizedConv2DAndRelu
_MklQuantizedConv2DAndReluAndRequantize _MklQuantizedConv2DAndRequantize _MklQuantizedConv2DPerChannel
_MklQuantizedConv2DWithBias _MklQuantizedConv2DWithBiasAndRelu _MklQuantizedConv2DWithBiasAndReluAndRequantize
_MklQuantizedConv2DWithBiasAndRequantize _MklQuantizedConv2DWithBiasSignedSumAndReluAndRequantize
_MklQuantizedConv2DWithBiasSumAndRelu _MklQuantizedConv2DWithBiasSumAndReluAndRequantize _MklQuantizedDepthwiseConv2D
_MklQuantizedDepthwiseConv2DWithBias _MklQuantizedDepthwiseConv2DWithBiasAndRelu
_MklQuantizedDepthwiseConv2DWithBiasAndReluAndRequantize _MklQuantizedMatMulWithBias
_MklQuantizedMatMulWithBiasAndDequantize _MklQuantizedMatMulWithBiasAndRelu
_MklQuantizedMatMulWithBiasAndReluAndRequantize _MklQuantizedMatMulWithBiasAndRequantize _MklQuantizedMaxPool
_MklSoftmax _MklSwish _MklTranspose _QuantizedMaxPool3D _UnaryOpsComposition __MklDummyConv2DBackpropFilterWithBias
__MklDummyConv2DWithBias __MklDummyPadWithConv2D __MklDummyPadWithFusedConv2D
    """,
    "-----------?": """
A AccumulateNV2 AllToAll AssignVariableXlaConcatND Attr AttrBool AttrBoolList AttrDefault AttrEmptyListDefault
AttrEnum AttrEnumList AttrFloat AttrListDefault AttrListMin AttrListTypeDefault AttrMin AttrPartialShape
AttrPartialShapeList AttrShape AttrShapeList AttrTypeDefault B Binary BoostedTreesAggregateStats BoostedTreesBucketize
BoostedTreesCalculateBestFeatureSplit BoostedTreesCalculateBestFeatureSplitV2 BoostedTreesCalculateBestGainsPerFeature
BoostedTreesCenterBias BoostedTreesCreateEnsemble BoostedTreesCreateQuantileStreamResource
BoostedTreesDeserializeEnsemble BoostedTreesEnsembleResourceHandleOp BoostedTreesExampleDebugOutputs
BoostedTreesFlushQuantileSummaries BoostedTreesGetEnsembleStates BoostedTreesMakeQuantileSummaries
BoostedTreesMakeStatsSummary BoostedTreesPredict BoostedTreesQuantileStreamResourceAddSummaries
BoostedTreesQuantileStreamResourceDeserialize BoostedTreesQuantileStreamResourceFlush
BoostedTreesQuantileStreamResourceGetBucketBoundaries BoostedTreesQuantileStreamResourceHandleOp
BoostedTreesSerializeEnsemble BoostedTreesSparseAggregateStats BoostedTreesSparseCalculateBestFeatureSplit
BoostedTreesTrainingPredict BoostedTreesUpdateEnsemble BoostedTreesUpdateEnsembleV2 CollateTPUEmbeddingMemory
CollectivePermute ComplexStruct ComputeDedupDataTupleMask ConfigureAndInitializeGlobalTPU ConfigureDistributedTPU
ConfigureTPUEmbedding ConfigureTPUEmbeddingHost ConfigureTPUEmbeddingMemory ConnectTPUEmbeddingHosts
Conv2DBackpropFilterV2 Conv2DBackpropInputV2 CopyOp CopyToMesh CopyToMeshGrad CrossReplicaSum DTensorAllGather
DTensorAllReduce DTensorAllScatter DTensorAllToAll DTensorReduceScatter DTensorRestoreV2 DTensorSetGlobalTPUArray
DefaultAttrs DynamicEnqueueTPUEmbeddingArbitraryTensorBatch EnqueueTPUEmbeddingArbitraryTensorBatch
EnqueueTPUEmbeddingBatch EnqueueTPUEmbeddingIntegerBatch EnqueueTPUEmbeddingRaggedTensorBatch
EnqueueTPUEmbeddingSparseBatch EnqueueTPUEmbeddingSparseTensorBatch ExecuteTPUEmbeddingPartitioner
FilterByLastComponentDataset FinalizeTPUEmbedding FiveFloatOutputs FloatInput FloatOutput FloatOutputStringOutput Foo1
Foo2 Foo3 FuncAttr FuncListAttr InPolymorphicTwice InfeedDequeue InfeedDequeueTuple InfeedEnqueue
InfeedEnqueuePrelinearizedBuffer InfeedEnqueueTuple Int64Output IntAttr IntInput IntInputFloatInput IntInputIntOutput
IntOutput IntOutputFloatOutput IsBoostedTreesEnsembleInitialized IsBoostedTreesQuantileStreamResourceInitialized
IsTPUEmbeddingInitialized KthOrderStatistic ListInput ListOutput LoadAllTPUEmbeddingParameters
LoadTPUEmbeddingADAMParameters LoadTPUEmbeddingAdadeltaParameters LoadTPUEmbeddingAdagradMomentumParameters
LoadTPUEmbeddingAdagradParameters LoadTPUEmbeddingCenteredRMSPropParameters LoadTPUEmbeddingFTRLParameters
LoadTPUEmbeddingFrequencyEstimatorParameters LoadTPUEmbeddingMDLAdagradLightParameters
LoadTPUEmbeddingMomentumParameters LoadTPUEmbeddingProximalAdagradParameters LoadTPUEmbeddingProximalYogiParameters
LoadTPUEmbeddingRMSPropParameters LoadTPUEmbeddingStochasticGradientDescentParameters MakeUnique MergeDedupData
MixedStruct MlirPassthroughOp NInPolymorphicTwice NInTwice NInTwoTypeVariables NIntsIn NIntsOut NIntsOutDefault
NPolymorphicIn NPolymorphicOut NPolymorphicOutDefault NPolymorphicRestrictIn NPolymorphicRestrictOut
Namespace>TestStringOutput None OpWithDefaultAttr OpWithFutureDefaultAttr OutT OutTypeList OutTypeListRestrict
OutfeedDequeue OutfeedDequeueTuple OutfeedDequeueTupleV2 OutfeedDequeueV2 OutfeedEnqueue OutfeedEnqueueTuple
Polymorphic PolymorphicDefaultOut PolymorphicOut Prelinearize PrelinearizeTuple QuantizedReluX ReadVariableXlaSplitND
RecvTPUEmbeddingActivations RefIn RefInputFloatInput RefInputFloatInputIntOutput RefInputIntInput RefOut RefOutput
RefOutputFloatOutput Relayout RequiresOlderGraphVersion ReservedAttr ReservedInput Restrict
RetrieveAllTPUEmbeddingParameters RetrieveTPUEmbeddingADAMParameters RetrieveTPUEmbeddingAdadeltaParameters
RetrieveTPUEmbeddingAdagradMomentumParameters RetrieveTPUEmbeddingAdagradParameters
RetrieveTPUEmbeddingCenteredRMSPropParameters RetrieveTPUEmbeddingFTRLParameters
RetrieveTPUEmbeddingFrequencyEstimatorParameters RetrieveTPUEmbeddingMDLAdagradLightParameters
RetrieveTPUEmbeddingMomentumParameters RetrieveTPUEmbeddingProximalAdagradParameters
RetrieveTPUEmbeddingProximalYogiParameters RetrieveTPUEmbeddingRMSPropParameters
RetrieveTPUEmbeddingStochasticGradientDescentParameters RiscAbs RiscAdd RiscBinaryArithmetic RiscBinaryComparison
RiscBitcast RiscBroadcast RiscCast RiscCeil RiscCholesky RiscConcat RiscCondition RiscConv RiscCos RiscDiv RiscDot
RiscExp RiscFft RiscFloor RiscGather RiscImag RiscIsFinite RiscLog RiscLogicalAnd RiscLogicalNot RiscLogicalOr RiscMax
RiscMin RiscMul RiscNeg RiscPad RiscPool RiscPow RiscRandomUniform RiscReal RiscReduce RiscRem RiscReshape RiscReverse
RiscScatter RiscShape RiscSign RiscSlice RiscSort RiscSqueeze RiscSub RiscTranspose RiscTriangularSolve RiscUnary
RiscWhile SegmentMaxV2 SegmentMinV2 SegmentProdV2 SegmentSumV2 SendTPUEmbeddingGradients ShutdownDistributedTPU
ShutdownTPUSystem Simple SimpleStruct SplitDedupData StringListAttr TPUCompilationResult TPUCompile
TPUCompileSucceededAssert TPUEmbeddingActivations TPUExecute TPUExecuteAndUpdateVariables TPUOrdinalSelector
TPUPartitionedCall TPUPartitionedInput TPUPartitionedInputV2 TPUPartitionedOutput TPUPartitionedOutputV2
TPUReplicateMetadata TPUReplicatedInput TPUReplicatedOutput TPUReshardVariables TPURoundRobin TestStringOutput
TopKUnique TopKWithUnique TpuHandleToProtoKey TwoFloatInputs TwoFloatInputsFloatOutput TwoFloatInputsIntOutput
TwoFloatOutputs TwoIntInputs TwoIntOutputs TwoRefsIn TypeList TypeListRestrict TypeListTwice Unary WorkerHeartbeat
XlaAllReduce XlaClusterOutput XlaConcatND XlaCustomCall XlaCustomCallV2 XlaHostCompute XlaRecvFromHost
XlaRecvTPUEmbeddingActivations XlaRecvTPUEmbeddingDeduplicationData XlaReduceScatter XlaRemoveDynamicDimensionSize
XlaSendTPUEmbeddingGradients XlaSendToHost XlaSetBound XlaSetDynamicDimensionSize XlaSplitND XlaSpmdFullToShardShape
_ConfigureDistributedTPU _DisconnectHostFromDistributedTPUSystem _InitializeHostForDistributedTPU _SetGlobalTPUArray
_ShutdownDistributedTPU _TPUCompileMlir _TPUReplicate _WaitForDistributedTPU _XlaAotOnlyVarHandleOp
_XlaHostComputeMlir _XlaRecvAtHost _XlaRecvAtHostV2 _XlaSendFromHost _XlaSendFromHostV2
    """,
    "---------gg?": """
BatchFFT BatchFFT2D BatchFFT3D BatchIFFT BatchIFFT2D BatchIFFT3D CTCLossV2 CudnnRNN CudnnRNNBackprop
CudnnRNNBackpropV2 CudnnRNNBackpropV3 CudnnRNNCanonicalToParams CudnnRNNCanonicalToParamsV2 CudnnRNNParamsSize
CudnnRNNParamsToCanonical CudnnRNNParamsToCanonicalV2 CudnnRNNV2 CudnnRNNV3 ExperimentalMapDataset
GenerateBoundingBoxProposals MaxPoolGradGradWithArgmax NcclAllReduce NcclBroadcast NcclReduce SparseMatrixAdd
SparseMatrixMul SparseMatrixSoftmax SparseMatrixSoftmaxGrad SparseMatrixZeros _FusedBatchNormGradEx _NcclBroadcastRecv
_NcclBroadcastSend _NcclReduceRecv _NcclReduceSend
    """,
    "...------.-?": """
ComputeDedupDataSize ConvertToCooTensor GetMinibatchSplitsWithPhysicalReplica GetMinibatchesInCsrWithPhysicalReplica
GlobalIterId StoreMinibatchStatisticsInFdo TPUAnnotateTensorsWithDynamicShape TPUCopyWithDynamicShape
XlaSparseCoreAdagrad XlaSparseCoreAdagradMomentum XlaSparseCoreAdam XlaSparseCoreFtrl XlaSparseCoreSgd
XlaSparseDenseMatmul XlaSparseDenseMatmulGradWithAdagradAndCsrInput
XlaSparseDenseMatmulGradWithAdagradMomentumAndCsrInput XlaSparseDenseMatmulGradWithAdamAndCsrInput
XlaSparseDenseMatmulGradWithFtrlAndCsrInput XlaSparseDenseMatmulGradWithSgdAndCsrInput
XlaSparseDenseMatmulWithCsrInput
    """,
    "....-----.-?": """
ComputeDedupDataSizeV2 ComputeDedupDataTupleMaskV2 ConvertToListOfSparseCoreCooTensors
ConvertToSparseCoreCsrWrappedCooTensor FinalizeTPUEmbeddingV2 GetStatsFromListOfSparseCoreCooTensors GetTpuTaskId
SortListOfSparseCoreCooTensors UpdateTaskIdAndGlobalCoreArray XlaRecvTPUEmbeddingActivationsV2
XlaRecvTPUEmbeddingDeduplicationDataV2 XlaSendTPUEmbeddingGradientsV2
XlaSparseDenseMatmulGradWithAdagradAndStaticBufferSize XlaSparseDenseMatmulGradWithAdagradMomentumAndStaticBufferSize
XlaSparseDenseMatmulGradWithAdamAndStaticBufferSize XlaSparseDenseMatmulGradWithFtrlAndStaticBufferSize
XlaSparseDenseMatmulGradWithSgdAndStaticBufferSize XlaSparseDenseMatmulWithStaticBufferSize
    """,
    "cccc.....c..": """
_MklAdd _MklAddN _MklAddV2 _MklIdentity _MklInputConversion _MklLRN _MklLRNGrad _MklMaximum _MklMul _MklReshape
_MklSlice _MklSquaredDifference _MklSub _MklToTf
    """,
    ".......--...": """
TPUDummyInput XlaSparseActivationsUnstack XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdagradAndCsrInput
XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdagradMomentumAndCsrInput
XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdamAndCsrInput XlaSparseDenseMatmulCustomCombinerOnTcGradWithCsrInput
XlaSparseDenseMatmulCustomCombinerOnTcGradWithFtrlAndCsrInput
XlaSparseDenseMatmulCustomCombinerOnTcGradWithSgdAndCsrInput XlaSparseDenseMatmulCustomCombinerOnTcWithCsrInput
XlaSparseGradientsStack
    """,
    "c----------?": """
_MklElu _MklEluGrad _MklLeakyRelu _MklLeakyReluGrad _MklRelu _MklRelu6 _MklRelu6Grad _MklReluGrad _MklTanh
_MklTanhGrad
    """,
    "....ccccc.c?": """
CalibrationStatisticsSaver GlobalShuffleDataset IndexFlatMapDataset IteratorGetModelProto WeightedFlatMapDataset
_MklNativeSparseMatrixMatMul _QuantizedMatMul
    """,
    ".........gg.": """
CreateTRTResourceHandle GetCalibrationDataOp InitializeTRTResource SerializeTRTResource TRTEngineOp
    """,
    "..-------.g?": """
FFTND IFFTND IRFFTND RFFTND
    """,
    ".cccccccccb?": """
SparseSegmentMeanGradV2 SparseSegmentSqrtNGradV2 SparseSegmentSumGradV2
    """,
    "ccccccccccb?": """
DataServiceDatasetV4 DummyIterationCounter
    """,
    "...cccccc.c?": """
DatasetFingerprint ListSnapshotChunksDataset
    """,
    "-...........": """
RelayoutGrad _TPUCompileMlirPlaceholderProgramKey
    """,
    ".----------?": """
RelayoutLike _XlaCompileMlirPlaceholderProgramKey
    """,
    ".cccccccccc?": """
TFRecordDatasetV2 _MklFusedInstanceNorm
    """,
    ".........gg?": """
_CopyFromGpuToHost _CopyFromHostToGpu
    """,
    ".....cccc..?": """
CheckPinned
    """,
    ".ccccccccbb?": """
Conv
    """,
    "........c...": """
DecodeJxl
    """,
    ".......cc...": """
DecodeWebP
    """,
    "..ccccccc.c?": """
DumpTensor
    """,
    "..-------.-?": """
DynamicEnqueueTPUEmbeddingRaggedTensorBatch
    """,
    "cccccc...cc?": """
TfLiteSubgraphExecute
    """,
    ".....----..?": """
XlaSparseDenseMatmulGradWithCsrInput
    """,
}

FUNCTION_ATTRS = {
    "BatchFunction": ("f",),
    "Case": ("branches",),
    "ChooseFastestBranchDataset": ("branches",),
    "DataServiceDatasetV3": ("uncompress_fn",),
    "DataServiceDatasetV4": ("uncompress_fn",),
    "ExperimentalGroupByReducerDataset": (
        "key_func",
        "init_func",
        "reduce_func",
        "finalize_func",
    ),
    "ExperimentalGroupByWindowDataset": (
        "key_func",
        "reduce_func",
        "window_size_func",
    ),
    "ExperimentalMapAndBatchDataset": ("f",),
    "ExperimentalMapDataset": ("f",),
    "ExperimentalParallelInterleaveDataset": ("f",),
    "ExperimentalScanDataset": ("f",),
    "ExperimentalTakeWhileDataset": ("predicate",),
    "FilterDataset": ("predicate",),
    "FlatMapDataset": ("f",),
    "For": ("body",),
    "FuncAttr": ("f",),
    "FuncListAttr": ("f",),
    "GeneratorDataset": (
        "init_func",
        "next_func",
        "finalize_func",
    ),
    "GroupByReducerDataset": (
        "key_func",
        "init_func",
        "reduce_func",
        "finalize_func",
    ),
    "GroupByWindowDataset": (
        "key_func",
        "reduce_func",
        "window_size_func",
    ),
    "If": (
        "then_branch",
        "else_branch",
    ),
    "IndexFlatMapDataset": (
        "map_func",
        "index_map_func",
    ),
    "InterleaveDataset": ("f",),
    "LegacyParallelInterleaveDatasetV2": ("f",),
    "LoadDataset": ("reader_func",),
    "MapAndBatchDataset": ("f",),
    "MapDataset": ("f",),
    "MapDefun": ("f",),
    "OneShotIterator": ("dataset_factory",),
    "ParallelFilterDataset": ("predicate",),
    "ParallelInterleaveDataset": ("f",),
    "ParallelInterleaveDatasetV2": ("f",),
    "ParallelInterleaveDatasetV3": ("f",),
    "ParallelInterleaveDatasetV4": ("f",),
    "ParallelMapDataset": ("f",),
    "ParallelMapDatasetV2": ("f",),
    "PartitionedCall": ("f",),
    "ReduceDataset": ("f",),
    "RemoteCall": ("f",),
    "RiscCondition": (
        "func_true",
        "func_false",
    ),
    "RiscWhile": (
        "cond",
        "body",
    ),
    "RpcServerRegister": ("f",),
    "SaveDataset": ("shard_func",),
    "SaveDatasetV2": ("shard_func",),
    "ScanDataset": ("f",),
    "SnapshotDatasetV2": (
        "reader_func",
        "shard_func",
    ),
    "StatefulPartitionedCall": ("f",),
    "StatelessCase": ("branches",),
    "StatelessIf": (
        "then_branch",
        "else_branch",
    ),
    "StatelessWhile": (
        "cond",
        "body",
    ),
    "SymbolicGradient": ("f",),
    "TPUCompile": ("function",),
    "TPUPartitionedCall": ("f",),
    "TakeWhileDataset": ("predicate",),
    "While": (
        "cond",
        "body",
    ),
    "XlaCallModule": ("function_list",),
    "XlaHostCompute": ("shape_inference_graph",),
    "XlaIf": (
        "then_branch",
        "else_branch",
    ),
    "XlaLaunch": ("function",),
    "XlaLaunchV2": ("function",),
    "XlaReduce": ("reducer",),
    "XlaReduceWindow": ("computation",),
    "XlaScatter": ("update_computation",),
    "XlaSelectAndScatter": (
        "select",
        "scatter",
    ),
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdagradAndCsrInput": (
        "combiner_table_vjp_computation",
        "combiner_weights_vjp_computation",
    ),
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdagradMomentumAndCsrInput": (
        "combiner_table_vjp_computation",
        "combiner_weights_vjp_computation",
    ),
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdamAndCsrInput": (
        "combiner_table_vjp_computation",
        "combiner_weights_vjp_computation",
    ),
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithCsrInput": (
        "combiner_table_vjp_computation",
        "combiner_weights_vjp_computation",
        "optimizer_custom_computation",
    ),
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithFtrlAndCsrInput": (
        "combiner_table_vjp_computation",
        "combiner_weights_vjp_computation",
    ),
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithSgdAndCsrInput": (
        "combiner_table_vjp_computation",
        "combiner_weights_vjp_computation",
    ),
    "XlaSparseDenseMatmulCustomCombinerOnTcWithCsrInput": ("combiner_computation",),
    "XlaSparseDenseMatmulGradWithCsrInput": ("custom_computation",),
    "XlaVariadicReduce": ("reducer",),
    "XlaVariadicReduceV2": ("reducer",),
    "XlaVariadicSort": ("comparator",),
    "XlaWhile": (
        "cond",
        "body",
    ),
    "_If": (
        "then_branch",
        "else_branch",
    ),
    "_TPUReplicate": ("computation",),
    "_While": (
        "cond",
        "body",
    ),
    "_XlaCompile": ("function",),
}

STATEFUL = """
AddManySparseToTensorsMap AddSparseToTensorsMap AllCandidateSampler AllToAll AnonymousHashTable AnonymousIterator
AnonymousIteratorV2 AnonymousIteratorV3 AnonymousMemoryCache AnonymousMultiDeviceIterator
AnonymousMultiDeviceIteratorV3 AnonymousMutableDenseHashTable AnonymousMutableHashTable
AnonymousMutableHashTableOfTensors AnonymousRandomSeedGenerator AnonymousSeedGenerator Assert AssignAddVariableOp
AssignSubVariableOp AssignVariableOp AssignVariableXlaConcatND Barrier BoostedTreesCenterBias
BoostedTreesCreateEnsemble BoostedTreesCreateQuantileStreamResource BoostedTreesDeserializeEnsemble
BoostedTreesEnsembleResourceHandleOp BoostedTreesExampleDebugOutputs BoostedTreesFlushQuantileSummaries
BoostedTreesGetEnsembleStates BoostedTreesPredict BoostedTreesQuantileStreamResourceAddSummaries
BoostedTreesQuantileStreamResourceDeserialize BoostedTreesQuantileStreamResourceFlush
BoostedTreesQuantileStreamResourceGetBucketBoundaries BoostedTreesQuantileStreamResourceHandleOp
BoostedTreesSerializeEnsemble BoostedTreesTrainingPredict BoostedTreesUpdateEnsemble BoostedTreesUpdateEnsembleV2
CSVDataset CSVDatasetV2 CacheDatasetV2 CalibrationStatisticsSaver Case CheckNumerics CheckNumericsV2
CloseSummaryWriter CollateTPUEmbeddingMemory CollectiveAllToAllV2 CollectiveAllToAllV3 CollectiveAssignGroupV2
CollectiveBcastRecv CollectiveBcastRecvV2 CollectiveBcastSend CollectiveBcastSendV2 CollectiveGather
CollectiveGatherV2 CollectiveInitializeCommunicator CollectivePermute CollectiveReduce CollectiveReduceScatterV2
CollectiveReduceV2 CollectiveReduceV3 ComputeDedupDataSize ComputeDedupDataSizeV2 ComputeDedupDataTupleMask
ComputeDedupDataTupleMaskV2 ConditionalAccumulator ConfigureAndInitializeGlobalTPU ConfigureDistributedTPU
ConfigureTPUEmbedding ConfigureTPUEmbeddingHost ConfigureTPUEmbeddingMemory ConnectTPUEmbeddingHosts ConsumeMutexLock
ConvertToCooTensor CreateSummaryDbWriter CreateSummaryFileWriter CrossReplicaSum CudnnRNN CudnnRNNBackprop
CudnnRNNBackpropV2 CudnnRNNBackpropV3 CudnnRNNV2 CudnnRNNV3 DTensorRestoreV2 DTensorSetGlobalTPUArray
DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 DatasetToSingleElement
DatasetToTFRecord DebugIdentityV2 DebugIdentityV3 DeepCopy DeleteIterator DeleteMemoryCache DeleteMultiDeviceIterator
DeleteRandomSeedGenerator DeleteRpcFutureResource DeleteSeedGenerator DeleteSessionTensor DeserializeIterator
DestroyResourceOp DeviceIndex DevicePlacementOp DisableCopyOnRead DistributedSave DtypeWithDefaultOp
DummyIterationCounter DummyMemoryCache DummySeedGenerator DumpTensor DynamicEnqueueTPUEmbeddingArbitraryTensorBatch
DynamicEnqueueTPUEmbeddingRaggedTensorBatch EagerPyFunc Empty EnqueueTPUEmbeddingArbitraryTensorBatch
EnqueueTPUEmbeddingBatch EnqueueTPUEmbeddingIntegerBatch EnqueueTPUEmbeddingRaggedTensorBatch
EnqueueTPUEmbeddingSparseBatch EnqueueTPUEmbeddingSparseTensorBatch ExecuteTPUEmbeddingPartitioner
ExperimentalCSVDataset ExperimentalDatasetToTFRecord ExperimentalGroupByReducerDataset ExperimentalIteratorGetDevice
ExperimentalLMDBDataset ExperimentalMatchingFilesDataset ExperimentalRandomDataset
ExperimentalSetStatsAggregatorDataset ExperimentalSqlDataset ExperimentalStatsAggregatorHandle
ExperimentalStatsAggregatorSummary ExperimentalThreadPoolDataset ExperimentalThreadPoolHandle FIFOQueue FIFOQueueV2
FakeQueue FileSystemSetConfiguration FinalizeTPUEmbedding FinalizeTPUEmbeddingV2 FixedLengthRecordDataset
FixedLengthRecordDatasetV2 FixedLengthRecordReader FixedLengthRecordReaderV2 FixedUnigramCandidateSampler
FlushSummaryWriter GeneratorDataset GetMinibatchSplitsWithPhysicalReplica GetMinibatchesInCsrWithPhysicalReplica
GetSessionHandle GetSessionHandleV2 GetSessionTensor GlobalIterId GlobalShuffleDataset GraphDefVersion
GroupByReducerDataset GuaranteeConst HashTable HashTableV2 IdentityReader IdentityReaderV2 If ImportEvent
InfeedDequeue InfeedDequeueTuple InfeedEnqueue InfeedEnqueueTuple InitializeTableFromDataset
InitializeTableFromTextFileV2 InitializeTableV2 IsBoostedTreesEnsembleInitialized
IsBoostedTreesQuantileStreamResourceInitialized IsResourceHandleRefCounting IsTPUEmbeddingInitialized
IsTensorFloat32Enabled Iterator IteratorFromStringHandle IteratorFromStringHandleV2 IteratorGetDevice
IteratorGetModelProto IteratorGetNext IteratorGetNextAsOptional IteratorGetNextSync IteratorToStringHandle IteratorV2
LMDBDataset LMDBReader LearnedUnigramCandidateSampler ListDataset ListSnapshotChunksDataset
LoadAllTPUEmbeddingParameters LoadAndRemapMatrix LoadDataset LoadTPUEmbeddingADAMParameters
LoadTPUEmbeddingAdadeltaParameters LoadTPUEmbeddingAdagradMomentumParameters LoadTPUEmbeddingAdagradParameters
LoadTPUEmbeddingCenteredRMSPropParameters LoadTPUEmbeddingFTRLParameters LoadTPUEmbeddingFrequencyEstimatorParameters
LoadTPUEmbeddingMDLAdagradLightParameters LoadTPUEmbeddingMomentumParameters LoadTPUEmbeddingProximalAdagradParameters
LoadTPUEmbeddingProximalYogiParameters LoadTPUEmbeddingRMSPropParameters
LoadTPUEmbeddingStochasticGradientDescentParameters LogUniformCandidateSampler LookupTableExportV2 LookupTableFindV2
LookupTableImportV2 LookupTableInsertV2 LookupTableRemoveV2 LookupTableSizeV2 MakeIterator MakeWeakResourceHandle
MapClear MapIncompleteSize MapPeek MapSize MapStage MapUnstage MapUnstageNoKey MatchingFilesDataset MergeV2Checkpoints
MultiDeviceIterator MultiDeviceIteratorFromStringHandle MultiDeviceIteratorGetNextFromShard MultiDeviceIteratorInit
MultiDeviceIteratorToStringHandle Multinomial MutableDenseHashTable MutableDenseHashTableV2 MutableHashTable
MutableHashTableOfTensors MutableHashTableOfTensorsV2 MutableHashTableV2 MutexLock MutexV2 NcclAllReduce NcclBroadcast
NcclReduce NegTrain NonDeterministicInts OneShotIterator OrderedMapClear OrderedMapIncompleteSize OrderedMapPeek
OrderedMapSize OrderedMapStage OrderedMapUnstage OrderedMapUnstageNoKey OutfeedDequeue OutfeedDequeueTuple
OutfeedDequeueTupleV2 OutfeedDequeueV2 OutfeedEnqueue OutfeedEnqueueTuple PaddingFIFOQueue PaddingFIFOQueueV2
ParameterizedTruncatedNormal Print PrintV2 PriorityQueue PriorityQueueV2 PyFunc QueueCloseV2 QueueDequeueManyV2
QueueDequeueUpToV2 QueueDequeueV2 QueueEnqueueManyV2 QueueEnqueueV2 QueueIsClosedV2 QueueSizeV2 RandomCrop
RandomDataset RandomDatasetV2 RandomGamma RandomPoisson RandomPoissonV2 RandomShuffle RandomShuffleQueue
RandomShuffleQueueV2 RandomStandardNormal RandomUniform RandomUniformInt RangeDataset ReadVariableOp
ReadVariableXlaSplitND ReaderNumRecordsProducedV2 ReaderNumWorkUnitsCompletedV2 ReaderReadUpToV2 ReaderReadV2
ReaderResetV2 ReaderRestoreStateV2 ReaderSerializeStateV2 RecordInput Recv RecvTPUEmbeddingActivations ReduceDataset
RemoteCall RequiresOlderGraphVersion ResourceAccumulatorApplyGradient ResourceAccumulatorNumAccumulated
ResourceAccumulatorSetGlobalStep ResourceAccumulatorTakeGradient ResourceApplyAdaMax ResourceApplyAdadelta
ResourceApplyAdagrad ResourceApplyAdagradDA ResourceApplyAdagradV2 ResourceApplyAdam ResourceApplyAdamWithAmsgrad
ResourceApplyAddSign ResourceApplyCenteredRMSProp ResourceApplyFtrl ResourceApplyFtrlV2 ResourceApplyGradientDescent
ResourceApplyKerasMomentum ResourceApplyMomentum ResourceApplyPowerSign ResourceApplyProximalAdagrad
ResourceApplyProximalGradientDescent ResourceApplyRMSProp ResourceConditionalAccumulator ResourceCountUpTo
ResourceCreateOp ResourceGather ResourceGatherNd ResourceInitializedOp ResourceScatterAdd ResourceScatterDiv
ResourceScatterMax ResourceScatterMin ResourceScatterMul ResourceScatterNdAdd ResourceScatterNdMax
ResourceScatterNdMin ResourceScatterNdSub ResourceScatterNdUpdate ResourceScatterSub ResourceScatterUpdate
ResourceSparseApplyAdadelta ResourceSparseApplyAdagrad ResourceSparseApplyAdagradDA ResourceSparseApplyAdagradV2
ResourceSparseApplyCenteredRMSProp ResourceSparseApplyFtrl ResourceSparseApplyFtrlV2 ResourceSparseApplyKerasMomentum
ResourceSparseApplyMomentum ResourceSparseApplyProximalAdagrad ResourceSparseApplyProximalGradientDescent
ResourceSparseApplyRMSProp ResourceStridedSliceAssign ResourceUsingOp Restore RestoreSlice RestoreV2
RetrieveAllTPUEmbeddingParameters RetrieveTPUEmbeddingADAMParameters RetrieveTPUEmbeddingAdadeltaParameters
RetrieveTPUEmbeddingAdagradMomentumParameters RetrieveTPUEmbeddingAdagradParameters
RetrieveTPUEmbeddingCenteredRMSPropParameters RetrieveTPUEmbeddingFTRLParameters
RetrieveTPUEmbeddingFrequencyEstimatorParameters RetrieveTPUEmbeddingMDLAdagradLightParameters
RetrieveTPUEmbeddingMomentumParameters RetrieveTPUEmbeddingProximalAdagradParameters
RetrieveTPUEmbeddingProximalYogiParameters RetrieveTPUEmbeddingRMSPropParameters
RetrieveTPUEmbeddingStochasticGradientDescentParameters RiscWhile RngReadAndSkip RngSkip RpcCall RpcCheckStatus
RpcClient RpcGetValue RpcServer RpcServerRegister RpcServerStart SampleDistortedBoundingBox
SampleDistortedBoundingBoxV2 Save SaveDataset SaveDatasetV2 SaveSlices SaveV2 Send SendTPUEmbeddingGradients
SerializeIterator SetStatsAggregatorDataset ShuffleAndRepeatDatasetV2 ShuffleDatasetV2 ShuffleDatasetV3
ShutdownDistributedTPU ShutdownTPUSystem Skipgram SleepIdentityOp SleepOp SparseConditionalAccumulator
SparseTensorSliceDataset SqlDataset Stack StackCloseV2 StackPopV2 StackPushV2 StackV2 Stage StageClear StagePeek
StageSize StatefulPartitionedCall StatefulRandomBinomial StatefulStandardNormal StatefulStandardNormalV2
StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt StatefulUniformInt StatelessRandomGetAlg
StatsAggregatorHandle StatsAggregatorHandleV2 StatsAggregatorSetSummaryWriter StatsAggregatorSummary
StoreMinibatchStatisticsInFdo StubResourceHandleOp SummaryWriter SyncDevice TFRecordDataset TFRecordDatasetV2
TFRecordReader TFRecordReaderV2 TPUAnnotateTensorsWithDynamicShape TPUCompile TPUCompileSucceededAssert
TPUCopyWithDynamicShape TPUDummyInput TPUExecute TPUExecuteAndUpdateVariables TPUOrdinalSelector TPUReshardVariables
TPURoundRobin TakeManySparseFromTensorsMap TemporaryVariable TensorArray TensorArrayCloseV3 TensorArrayConcatV3
TensorArrayGatherV3 TensorArrayGrad TensorArrayGradV2 TensorArrayGradV3 TensorArrayGradWithShape TensorArrayReadV3
TensorArrayScatterV3 TensorArraySizeV3 TensorArraySplitV3 TensorArrayV2 TensorArrayV3 TensorArrayWriteV3 TensorDataset
TensorSliceDataset TestAttr TextLineDataset TextLineReader TextLineReaderV2 ThreadPoolDataset ThreadPoolHandle
ThreadUnsafeUnigramCandidateSampler Timestamp TruncatedNormal UniformCandidateSampler Unstage
UpdateTaskIdAndGlobalCoreArray VarHandleOp VarIsInitializedOp Variable VariableShape VariableV2 While WholeFileReader
WholeFileReaderV2 WorkerHeartbeat WriteAudioSummary WriteFile WriteGraphSummary WriteHistogramSummary
WriteImageSummary WriteRawProtoSummary WriteScalarSummary WriteSummary XlaCallModule XlaDequantize XlaHostCompute
XlaIf XlaLaunch XlaRecv XlaRecvFromHost XlaRecvTPUEmbeddingActivations XlaRecvTPUEmbeddingActivationsV2
XlaRecvTPUEmbeddingDeduplicationData XlaRecvTPUEmbeddingDeduplicationDataV2 XlaSend XlaSendTPUEmbeddingGradients
XlaSendTPUEmbeddingGradientsV2 XlaSendToHost XlaSparseCoreAdagrad XlaSparseCoreAdagradMomentum XlaSparseCoreAdam
XlaSparseCoreFtrl XlaSparseCoreSgd XlaWhile _Arg _ConfigureDistributedTPU _DeviceArg _DeviceRetval
_DisconnectHostFromDistributedTPUSystem _HostRecv _HostSend _If _InitializeHostForDistributedTPU _NcclBroadcastRecv
_NcclBroadcastSend _NcclReduceRecv _NcclReduceSend _ParallelConcatStart _ReadVariablesOp _Recv _Retval
_ScopedAllocator _ScopedAllocatorConcat _ScopedAllocatorSplit _Send _SetGlobalTPUArray _ShutdownDistributedTPU
_TPUCompileMlir _TPUReplicate _VarHandlesOp _WaitForDistributedTPU _While _XlaAotOnlyVarHandleOp _XlaCompile
_XlaCompileMlirPlaceholderProgramKey _XlaHostComputeMlir _XlaRecvAtHost _XlaRecvAtHostV2 _XlaRun _XlaSendFromHost
_XlaSendFromHostV2
"""

ATTR_DEFAULTS = {
    "AssignVariableXlaConcatND": {"paddings": "[]"},
    "AttrDefault": {"a": '"banana"'},
    "AttrEmptyListDefault": {"a": "[]"},
    "AttrListDefault": {"a": "[5, 15]"},
    "AttrListTypeDefault": {"T": "DT_INT32"},
    "AttrTypeDefault": {"T": "DT_INT32"},
    "BoostedTreesCalculateBestFeatureSplit": {"split_type": '"inequality"'},
    "BoostedTreesCreateQuantileStreamResource": {"max_elements": "1099511627776"},
    "BoostedTreesEnsembleResourceHandleOp": {"container": '""', "shared_name": '""'},
    "BoostedTreesQuantileStreamResourceFlush": {"generate_quantiles": "false"},
    "BoostedTreesQuantileStreamResourceHandleOp": {"container": '""', "shared_name": '""'},
    "BoostedTreesSparseCalculateBestFeatureSplit": {"split_type": '"inequality"'},
    "BoostedTreesUpdateEnsembleV2": {"logits_dimension": "1", "num_groups": "1"},
    "CTCLossV2": {
        "ctc_merge_repeated": "true",
        "ignore_longer_outputs_than_inputs": "false",
        "preprocess_collapse_repeated": "false",
    },
    "ConfigureAndInitializeGlobalTPU": {"use_tfrt_host_runtime": "true"},
    "ConfigureDistributedTPU": {
        "compilation_failure_closes_chips": "true",
        "embedding_config": '""',
        "enable_whole_mesh_compilations": "false",
        "is_global_init": "false",
        "tpu_cancellation_closes_chips": "0",
        "tpu_embedding_config": '""',
    },
    "Conv2DBackpropFilterV2": {
        "data_format": '"NHWC"',
        "dilations": "[1, 1, 1, 1]",
        "explicit_paddings": "[]",
        "use_cudnn_on_gpu": "true",
    },
    "Conv2DBackpropInputV2": {
        "data_format": '"NHWC"',
        "dilations": "[1, 1, 1, 1]",
        "explicit_paddings": "[]",
        "use_cudnn_on_gpu": "true",
    },
    "CudnnRNN": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "is_training": "true",
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNBackprop": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNBackpropV2": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNBackpropV3": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "num_proj": "0",
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
        "time_major": "true",
    },
    "CudnnRNNCanonicalToParams": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNCanonicalToParamsV2": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "num_proj": "0",
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNParamsSize": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "num_proj": "0",
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNParamsToCanonical": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNParamsToCanonicalV2": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "num_proj": "0",
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNV2": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "is_training": "true",
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
    },
    "CudnnRNNV3": {
        "direction": '"unidirectional"',
        "dropout": "0",
        "input_mode": '"linear_input"',
        "is_training": "true",
        "num_proj": "0",
        "rnn_mode": '"lstm"',
        "seed": "0",
        "seed2": "0",
        "time_major": "true",
    },
    "DefaultAttrs": {
        "bool_list_val": "[true, false]",
        "bool_val": "true",
        "float_list_val": "[10]",
        "float_val": "10",
        "int_list_val": "[1, 2, 3]",
        "int_val": "123",
        "shape_list_val": "[[], [1]]",
        "shape_val": "[2,1]",
        "string_list_val": '["abc", ""]',
        "string_val": '"abc"',
        "tensor_list_val": "[dtype: DT_INT32\ntensor_shape {\n}\nint_val: 1]",
        "tensor_val": "dtype: DT_INT32\ntensor_shape {\n}\nint_val: 1",
        "type_list_val": "[DT_INT32, DT_FLOAT]",
        "type_val": "DT_INT32",
    },
    "DynamicEnqueueTPUEmbeddingArbitraryTensorBatch": {
        "T1": "DT_INT32",
        "T2": "DT_INT32",
        "T3": "DT_FLOAT",
        "combiners": "[]",
    },
    "DynamicEnqueueTPUEmbeddingRaggedTensorBatch": {
        "T1": "DT_INT32",
        "T2": "DT_INT32",
        "T3": "DT_FLOAT",
        "combiners": "[]",
        "max_sequence_lengths": "[]",
        "num_features": "[]",
    },
    "EnqueueTPUEmbeddingArbitraryTensorBatch": {
        "T1": "DT_INT32",
        "T2": "DT_INT32",
        "T3": "DT_FLOAT",
        "combiners": "[]",
        "device_ordinal": "-1",
    },
    "EnqueueTPUEmbeddingBatch": {"combiners": "[]", "device_ordinal": "-1"},
    "EnqueueTPUEmbeddingIntegerBatch": {"device_ordinal": "-1"},
    "EnqueueTPUEmbeddingRaggedTensorBatch": {
        "T1": "DT_INT32",
        "T2": "DT_INT32",
        "T3": "DT_FLOAT",
        "combiners": "[]",
        "device_ordinal": "-1",
        "max_sequence_lengths": "[]",
        "num_features": "[]",
    },
    "EnqueueTPUEmbeddingSparseBatch": {
        "T1": "DT_INT32",
        "T2": "DT_INT32",
        "T3": "DT_FLOAT",
        "combiners": "[]",
        "device_ordinal": "-1",
    },
    "EnqueueTPUEmbeddingSparseTensorBatch": {
        "T1": "DT_INT32",
        "T2": "DT_INT32",
        "T3": "DT_FLOAT",
        "combiners": "[]",
        "device_ordinal": "-1",
        "max_sequence_lengths": "[]",
        "num_features": "[]",
    },
    "ExperimentalMapDataset": {
        "force_synchronous": "false",
        "preserve_cardinality": "false",
        "use_inter_op_parallelism": "true",
    },
    "FFTND": {"Tcomplex": "DT_COMPLEX64"},
    "GenerateBoundingBoxProposals": {"post_nms_topn": "300"},
    "IFFTND": {"Tcomplex": "DT_COMPLEX64"},
    "IRFFTND": {"Tcomplex": "DT_COMPLEX64", "Treal": "DT_FLOAT"},
    "InPolymorphicTwice": {"T": "DT_INT32"},
    "InfeedEnqueue": {"device_ordinal": "-1", "layout": "[]", "shape": "[]"},
    "InfeedEnqueuePrelinearizedBuffer": {"device_ordinal": "-1"},
    "InfeedEnqueueTuple": {"device_ordinal": "-1", "layouts": "[]"},
    "IntAttr": {"foo": "1"},
    "IsTPUEmbeddingInitialized": {"config": '""'},
    "LoadTPUEmbeddingADAMParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingAdadeltaParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingAdagradMomentumParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingAdagradParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingCenteredRMSPropParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingFTRLParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingFrequencyEstimatorParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingMDLAdagradLightParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingMomentumParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingProximalAdagradParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingProximalYogiParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingRMSPropParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "LoadTPUEmbeddingStochasticGradientDescentParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "MaxPoolGradGradWithArgmax": {"include_batch_in_index": "false"},
    "MergeDedupData": {"config": '""'},
    "NIntsOutDefault": {"N": "3"},
    "NPolymorphicOutDefault": {"N": "2", "T": "DT_BOOL"},
    "OpWithDefaultAttr": {"default_float": "123"},
    "OutfeedDequeue": {"device_ordinal": "-1"},
    "OutfeedDequeueTuple": {"device_ordinal": "-1"},
    "PolymorphicDefaultOut": {"T": "DT_STRING"},
    "Prelinearize": {"layout": "[]", "shape": "[]"},
    "PrelinearizeTuple": {"layouts": "[]"},
    "QuantizedReluX": {"out_type": "DT_QUINT8"},
    "RFFTND": {"Tcomplex": "DT_COMPLEX64", "Treal": "DT_FLOAT"},
    "ReadVariableXlaSplitND": {"paddings": "[]"},
    "RetrieveTPUEmbeddingADAMParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingAdadeltaParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingAdagradMomentumParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingAdagradParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingCenteredRMSPropParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingFTRLParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingFrequencyEstimatorParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingMDLAdagradLightParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingMomentumParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingProximalAdagradParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingProximalYogiParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingRMSPropParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RetrieveTPUEmbeddingStochasticGradientDescentParameters": {"config": '""', "table_id": "-1", "table_name": '""'},
    "RiscBroadcast": {"Tidx": "DT_INT32"},
    "RiscConcat": {"Tidx": "DT_INT32"},
    "RiscConv": {"data_format": '"NHWC"', "dilations": "[1, 1, 1, 1]"},
    "RiscDot": {"transpose_a": "false", "transpose_b": "false"},
    "RiscFft": {"Tcomplex": "DT_COMPLEX64"},
    "RiscGather": {"batch_dims": "0"},
    "RiscImag": {"T": "DT_COMPLEX64", "Tout": "DT_FLOAT"},
    "RiscPad": {"Tpaddings": "DT_INT32"},
    "RiscPool": {"data_format": '"NHWC"'},
    "RiscRandomUniform": {"seed": "0"},
    "RiscReal": {"T": "DT_COMPLEX64", "Tout": "DT_FLOAT"},
    "RiscReduce": {"Index": "DT_INT32"},
    "RiscReshape": {"Tshape": "DT_INT32"},
    "RiscReverse": {"Tidx": "DT_INT32"},
    "RiscShape": {"out_type": "DT_INT32"},
    "RiscSort": {"Index": "DT_INT32"},
    "RiscSqueeze": {"squeeze_dims": "[]"},
    "RiscTranspose": {"Tperm": "DT_INT32"},
    "RiscTriangularSolve": {"adjoint": "false", "lower": "true"},
    "RiscWhile": {"output_shapes": "[]", "parallel_iterations": "10"},
    "SegmentMaxV2": {"Tnumsegments": "DT_INT32"},
    "SegmentMinV2": {"Tnumsegments": "DT_INT32"},
    "SegmentProdV2": {"Tnumsegments": "DT_INT32"},
    "SegmentSumV2": {"Tnumsegments": "DT_INT32"},
    "SendTPUEmbeddingGradients": {"NN": "0"},
    "SplitDedupData": {"config": '""'},
    "TPUPartitionedCall": {"autotuner_thresh": "0"},
    "TPUPartitionedInput": {"partition_dim": "0"},
    "TPUPartitionedInputV2": {"is_packed": "false"},
    "TPUPartitionedOutput": {"partition_dim": "0"},
    "TPUReplicateMetadata": {
        "allow_soft_placement": "false",
        "computation_shape": "[]",
        "device_assignment": "[]",
        "host_compute_core": "[]",
        "num_cores_per_replica": "1",
        "padding_map": "[]",
        "step_marker_location": '"STEP_MARK_AT_ENTRY"',
        "topology": '""',
        "tpu_compile_options_proto": '""',
        "use_shardy_partitioner": "false",
        "use_spmd_for_xla_partitioning": "false",
        "use_tpu": "true",
    },
    "TPUReplicatedInput": {"index": "-1", "is_mirrored_variable": "false", "is_packed": "false"},
    "XlaConcatND": {"paddings": "[]"},
    "XlaHostCompute": {"cost_estimate_ns": "1000000", "recv_key": '""', "send_key": '""', "tpu_core": "0"},
    "XlaSendTPUEmbeddingGradients": {"NumLearningRateTags": "0"},
    "XlaSendTPUEmbeddingGradientsV2": {"NumLearningRateTags": "0"},
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdagradAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdagradMomentumAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithAdamAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithCsrInput": {"num_sparsecores_per_device": "-1"},
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithFtrlAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulCustomCombinerOnTcGradWithSgdAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulCustomCombinerOnTcWithCsrInput": {"num_sparsecores_per_device": "-1"},
    "XlaSparseDenseMatmulGradWithAdagradAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithAdagradAndStaticBufferSize": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithAdagradMomentumAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithAdagradMomentumAndStaticBufferSize": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithAdamAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithAdamAndStaticBufferSize": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithCsrInput": {"T": "DT_FLOAT", "num_sparsecores_per_device": "-1"},
    "XlaSparseDenseMatmulGradWithFtrlAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithFtrlAndStaticBufferSize": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithSgdAndCsrInput": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulGradWithSgdAndStaticBufferSize": {
        "clip_weight_max": "inf",
        "clip_weight_min": "-inf",
        "num_sparsecores_per_device": "-1",
    },
    "XlaSparseDenseMatmulWithCsrInput": {"T": "DT_FLOAT", "num_sparsecores_per_device": "-1"},
    "XlaSparseDenseMatmulWithStaticBufferSize": {"num_sparsecores_per_device": "-1"},
    "XlaSplitND": {"paddings": "[]"},
    "XlaSpmdFullToShardShape": {"dim": "-1", "unspecified_dims": "[]"},
    "_ConfigureDistributedTPU": {"enable_whole_mesh_compilations": "false"},
    "_FusedBatchNormGradEx": {
        "activation_mode": '"Identity"',
        "data_format": '"NHWC"',
        "epsilon": "0.0001",
        "is_training": "true",
        "num_side_inputs": "0",
    },
    "_InitializeHostForDistributedTPU": {
        "enable_whole_mesh_compilations": "false",
        "tpu_cancellation_closes_chips": "0",
    },
    "_MklElu": {"T": "DT_FLOAT"},
    "_MklEluGrad": {"T": "DT_FLOAT"},
    "_MklLeakyRelu": {"T": "DT_FLOAT", "alpha": "0.2"},
    "_MklLeakyReluGrad": {"T": "DT_FLOAT", "alpha": "0.2"},
    "_MklRelu": {"T": "DT_FLOAT"},
    "_MklRelu6": {"T": "DT_FLOAT"},
    "_MklRelu6Grad": {"T": "DT_FLOAT"},
    "_MklReluGrad": {"T": "DT_FLOAT"},
    "_TPUCompileMlir": {"mlir_module": '""'},
    "_TPUReplicate": {
        "allow_soft_placement": "false",
        "device_assignment": "[]",
        "host_compute_core": "[]",
        "num_cores_per_replica": "1",
        "num_distributed_variables": "0",
        "padding_map": "[]",
        "step_marker_location": '"STEP_MARK_AT_ENTRY"',
        "topology": '""',
        "tpu_compile_options_proto": '""',
        "use_shardy_partitioner": "false",
        "use_spmd_for_xla_partitioning": "false",
        "use_tpu": "true",
    },
    "_WaitForDistributedTPU": {"startup_timeout_sec": "20"},
    "_XlaAotOnlyVarHandleOp": {"container": '""', "debug_name": '""', "shared_name": '""'},
    "_XlaHostComputeMlir": {"host_mlir_module": '""', "manual_sharding": "false"},
    "_XlaRecvAtHost": {"device_type": '"TPU"'},
    "_XlaRecvAtHostV2": {"device_type": '"TPU"'},
    "_XlaSendFromHost": {"device_type": '"TPU"'},
    "_XlaSendFromHostV2": {"device_type": '"TPU"'},
}

OTHER_KERNELS = {
    "ExperimentalMapDataset": "  device='GPU'\n",
}
