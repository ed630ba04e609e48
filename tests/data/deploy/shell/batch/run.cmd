@ECHO OFF
cd /d %~dp0
SET "MODELS=%CD%\models"
set /p TAG=which?
if "%1"=="gpu" (
  set FLAVOUR=-gpu
)
for %%m in (a b) do docker run -v "%MODELS%\%%m:/models/%%m" tensorflow/serving:2.17.0 & echo done
:: docker run tensorflow/serving:1.0
docker run -v "C:\models:/models/c" tensorflow/serving:2.17.0%FLAVOUR%
if exist x docker run tensorflow/serving:%TAG%
